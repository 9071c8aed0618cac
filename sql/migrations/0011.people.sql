-- People: who signs in, what they are in which organization, and who is invited
-- depends: 0010.keys

create table prikke.app_user (
  id          uuid        not null,
  email       text        collate "C" not null,
  created_at  timestamptz not null,
  constraint app_user_pkey primary key (id),
  constraint app_user_email_form check (email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and octet_length(email) <= 254),
  constraint app_user_email_folded check (email = lower(email))
);

create unique index app_user_by_email on prikke.app_user (email);

comment on table prikke.app_user is 'People. They have no password: who reads the mail of the address is the user.';
comment on index prikke.app_user_by_email is 'Whose address is this? complete_sign_in, create_user.';

create table prikke.sign_in (
  id                 uuid        not null,
  email              text        collate "C" not null,
  token_hash         bytea       not null,
  wanted             boolean     not null,
  organization_name  text,
  user_id            uuid,
  address            text        collate "C" not null,
  created_at         timestamptz not null,
  expires_at         timestamptz not null,
  used_at            timestamptz,
  constraint sign_in_pkey primary key (id),
  constraint sign_in_hash_is_sha256 check (octet_length(token_hash) = 32)
);

create unique index sign_in_by_token on prikke.sign_in (token_hash);
create index sign_in_by_email on prikke.sign_in (email, created_at);
create index sign_in_by_address on prikke.sign_in (address, created_at);
create index sign_in_by_age on prikke.sign_in (created_at);

comment on table prikke.sign_in is 'Links for signing in that were asked for: each is good for one address, once, for 15 minutes. Kept a day, since they are counted.';
comment on column prikke.sign_in.token_hash is 'SHA-256 of the token in the link, which has 32 random bytes.';
comment on column prikke.sign_in.wanted is 'Whether a mail was to be sent; where nobody may sign up with the address, none was, and the asker cannot tell.';
comment on column prikke.sign_in.organization_name is 'What somebody new wants the first organization to be called.';
comment on column prikke.sign_in.user_id is 'Whose address becomes this one; null: a plain sign-in.';
comment on index prikke.sign_in_by_token is 'Which link is this? complete_sign_in.';
comment on index prikke.sign_in_by_email is 'How many mails went to this address? request_sign_in.';
comment on index prikke.sign_in_by_address is 'How many mails were asked for from there? request_sign_in.';
comment on index prikke.sign_in_by_age is 'Which may go? purge_accounts.';

create table prikke.session (
  id            uuid        not null,
  user_id       uuid        not null,
  token_hash    bytea       not null,
  created_at    timestamptz not null,
  signed_in_at  timestamptz not null,
  last_seen_at  timestamptz not null,
  address       text,
  agent         text,
  constraint session_pkey primary key (id),
  constraint session_hash_is_sha256 check (octet_length(token_hash) = 32),
  constraint session_user_id_fkey foreign key (user_id) references prikke.app_user (id) on delete cascade
);

create unique index session_by_token on prikke.session (token_hash);
create index session_by_user on prikke.session (user_id, created_at);
create index session_by_age on prikke.session (last_seen_at);

comment on table prikke.session is 'Browsers that are signed in. A session ends 14 days after it was last seen, or by being removed.';
comment on column prikke.session.token_hash is 'SHA-256 of what the cookie holds.';
comment on column prikke.session.last_seen_at is 'Written at most every five minutes.';
comment on index prikke.session_by_token is 'Whose session is this? authenticate_session.';
comment on index prikke.session_by_user is 'Where is this user signed in? list_sessions.';
comment on index prikke.session_by_age is 'Which may go? purge_accounts.';

create table prikke.member (
  organization_id  uuid        not null,
  user_id          uuid        not null,
  role             text        not null,
  joined_at        timestamptz not null,
  constraint member_pkey primary key (organization_id, user_id),
  constraint member_role_known check (role in ('viewer', 'member', 'admin', 'owner')),
  constraint member_user_id_fkey foreign key (user_id) references prikke.app_user (id) on delete cascade
);

create index member_by_user on prikke.member (user_id);

comment on table prikke.member is 'Who belongs to an organization, and as what: viewer, member, admin or owner.';
comment on index prikke.member_by_user is 'Where does this user belong? list_my_organizations.';

create table prikke.invitation (
  organization_id  uuid        not null,
  id               uuid        not null,
  email            text        collate "C" not null,
  role             text        not null,
  token_hash       bytea,
  invited_by       text        not null,
  created_at       timestamptz not null,
  expires_at       timestamptz not null,
  constraint invitation_pkey primary key (organization_id, id),
  constraint invitation_role_known check (role in ('viewer', 'member', 'admin', 'owner')),
  constraint invitation_hash_is_sha256 check (octet_length(token_hash) = 32)
);

create unique index invitation_by_email_within on prikke.invitation (organization_id, email);
create index invitation_by_email on prikke.invitation (email);
create index invitation_by_token on prikke.invitation (token_hash) where token_hash is not null;
create index invitation_by_age on prikke.invitation (expires_at);

comment on table prikke.invitation is 'Invitations that wait for an answer. One holds for seven days, while the inviter may still give that role; the answer removes it.';
comment on column prikke.invitation.invited_by is 'Who invited: user:…, key:… or role:….';
comment on index prikke.invitation_by_email_within is 'One address, one invitation. invite_member.';
comment on index prikke.invitation_by_email is 'Who is waiting for this user? list_my_invitations.';
comment on index prikke.invitation_by_token is 'Which invitation is this link? find_invitation. Not unique, since a token has 256 random bits and unique indexes begin with the organization.';
comment on index prikke.invitation_by_age is 'Which may go? purge_accounts.';

create type prikke.shown_member as (user_id uuid, email text, role text, joined_at timestamptz);
create type prikke.shown_invitation as (id uuid, email text, role text, invited_by text, created_at timestamptz, expires_at timestamptz);
create type prikke.shown_organization as (id uuid, name text, slug text, tier text, created_at timestamptz, updated_at timestamptz);

comment on type prikke.shown_member is 'A member as people see one.';
comment on type prikke.shown_invitation is 'An invitation as people see one.';
comment on type prikke.shown_organization is 'An organization as its members see it.';
