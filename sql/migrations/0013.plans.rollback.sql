-- Takes back 0013.plans

drop table prikke.plan_hold;
drop table prikke.organization_usage;
