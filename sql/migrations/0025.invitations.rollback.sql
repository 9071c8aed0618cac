-- Takes back 0025.invitations

drop index prikke.invitation_unmailed;
