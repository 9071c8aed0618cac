-- Invitations that no mail has gone out for, found by whoever sends mails
-- depends: 0021.lists

-- squawk-ignore require-concurrent-index-creation
create index invitation_unmailed on prikke.invitation (created_at) where token_hash is null;
comment on index prikke.invitation_unmailed is 'Which invitations have no link yet? mail_invitations.';
