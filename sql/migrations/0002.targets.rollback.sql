drop table prikke.refused_range;
