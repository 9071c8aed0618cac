CREATE TABLE prikke.invitation (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL,
    token_hash bytea,
    invited_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT invitation_hash_is_sha256 CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT invitation_role_known CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

ALTER TABLE ONLY prikke.invitation FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.invitation IS 'Invitations that wait for an answer. One holds for seven days, while the inviter may still give that role; the answer removes it.';

COMMENT ON COLUMN prikke.invitation.invited_by IS 'Who invited: user:…, key:… or role:….';

CREATE TABLE prikke.execution_request (
    "position" bigint NOT NULL,
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    action text NOT NULL,
    reason text,
    requested_by text,
    created_at timestamp with time zone DEFAULT prikke.clock() NOT NULL,
    CONSTRAINT execution_request_action_known CHECK ((action = ANY (ARRAY['cancel'::text, 'release'::text])))
);

ALTER TABLE ONLY prikke.execution_request FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.execution_request IS 'Wishes of people about live executions, appended so that nobody waits; the engine carries them out, claim respects them at once.';

CREATE TABLE prikke.job_definition (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    key text COLLATE pg_catalog."C",
    name text NOT NULL,
    url text NOT NULL,
    method text NOT NULL,
    headers jsonb DEFAULT '{}'::jsonb NOT NULL,
    body text,
    content_type text,
    schedule_type text NOT NULL,
    cron text,
    every interval,
    scheduled_at timestamp with time zone,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    masks prikke.cron_masks,
    seed text NOT NULL,
    anchored_at timestamp with time zone NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL COLLATE pg_catalog."C",
    priority smallint DEFAULT 0 NOT NULL,
    ordering_key text COLLATE pg_catalog."C",
    enabled boolean DEFAULT true NOT NULL,
    paused_by text,
    pause_reason text,
    paused_at timestamp with time zone,
    host text COLLATE pg_catalog."C",
    timeout_ms integer DEFAULT 30000 NOT NULL,
    max_attempts integer NOT NULL,
    backoff interval DEFAULT '00:00:30'::interval NOT NULL,
    catch_up text DEFAULT 'latest'::text NOT NULL,
    catch_up_window interval,
    overlap text NOT NULL,
    completion text DEFAULT 'response'::text NOT NULL,
    expected_status text,
    expected_body text,
    on_success_url text,
    on_failure_url text,
    on_recovery_url text,
    notify jsonb,
    interval_minutes integer,
    version integer DEFAULT 1 NOT NULL,
    plan_version integer DEFAULT 1 NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    planned_next_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT job_definition_catch_up_known CHECK ((catch_up = ANY (ARRAY['latest'::text, 'all'::text, 'none'::text]))),
    CONSTRAINT job_definition_completion_known CHECK ((completion = ANY (ARRAY['response'::text, 'callback'::text]))),
    CONSTRAINT job_definition_method_known CHECK ((method = ANY (ARRAY['GET'::text, 'HEAD'::text, 'POST'::text, 'PUT'::text, 'PATCH'::text, 'DELETE'::text, 'OPTIONS'::text]))),
    CONSTRAINT job_definition_overlap_known CHECK ((overlap = ANY (ARRAY['skip'::text, 'queue_one'::text, 'allow'::text]))),
    CONSTRAINT job_definition_paused_when_disabled CHECK (((NOT enabled) OR ((paused_by IS NULL) AND (paused_at IS NULL)))),
    CONSTRAINT job_definition_priority_range CHECK (((priority >= '-100'::integer) AND (priority <= 100))),
    CONSTRAINT job_definition_schedule_known CHECK ((schedule_type = ANY (ARRAY['cron'::text, 'every'::text, 'once'::text, 'manual'::text]))),
    CONSTRAINT job_definition_schedule_whole CHECK (
CASE schedule_type
    WHEN 'cron'::text THEN ((cron IS NOT NULL) AND (masks IS NOT NULL) AND (every IS NULL) AND (scheduled_at IS NULL))
    WHEN 'every'::text THEN ((every >= '00:00:01'::interval) AND (cron IS NULL))
    WHEN 'once'::text THEN ((scheduled_at IS NOT NULL) AND (cron IS NULL) AND (every IS NULL))
    ELSE ((cron IS NULL) AND (every IS NULL) AND (scheduled_at IS NULL))
END)
);

ALTER TABLE ONLY prikke.job_definition FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.job_definition IS 'A job as people declare it. Written by people''s functions only; the engine writes job_state.';

COMMENT ON COLUMN prikke.job_definition.masks IS 'The cron text parsed into bit masks, kept by a trigger.';

COMMENT ON COLUMN prikke.job_definition.seed IS 'What H hashes: the key at creation, else the id. Never changes.';

COMMENT ON COLUMN prikke.job_definition.anchored_at IS 'Where the steps of `every` count from: scheduled_at if given, else creation.';

COMMENT ON COLUMN prikke.job_definition.host IS 'Host and port of the URL, kept by a trigger.';

COMMENT ON COLUMN prikke.job_definition.plan_version IS 'Rises when the schedule or enabled changes; the engine plans anew where job_state has an older one.';

COMMENT ON COLUMN prikke.job_definition.planned_at IS 'The instant from which the present plan counts.';

COMMENT ON COLUMN prikke.job_definition.planned_next_at IS 'First run of the present plan, shown until the engine has taken the plan over.';

CREATE TABLE prikke.job_state (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    plan_version integer NOT NULL,
    next_run_at timestamp with time zone,
    last_due_at timestamp with time zone,
    series_status text,
    series_reason text,
    series_first_at timestamp with time zone,
    series_last_at timestamp with time zone,
    series_count bigint,
    last_run_at timestamp with time zone,
    last_status text,
    last_success_at timestamp with time zone,
    last_execution_id uuid,
    consecutive_failures integer DEFAULT 0 NOT NULL,
    set_aside_at timestamp with time zone,
    set_aside_error text,
    CONSTRAINT job_state_series_known CHECK ((series_status = ANY (ARRAY['missed'::text, 'skipped'::text]))),
    CONSTRAINT job_state_series_whole CHECK ((num_nulls(series_status, series_first_at, series_last_at, series_count) = ANY (ARRAY[0, 4]))),
    CONSTRAINT job_state_set_aside_plans_nothing CHECK (((set_aside_at IS NULL) OR (next_run_at IS NULL)))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_cost_delay='0');

ALTER TABLE ONLY prikke.job_state FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.job_state IS 'What the engine learns of a job: what is planned, what was last due, how it went. Only the engine changes it.';

COMMENT ON COLUMN prikke.job_state.next_run_at IS 'The next due time; null: nothing planned (disabled, deleted, on demand, done, set aside).';

COMMENT ON COLUMN prikke.job_state.last_due_at IS 'The last due time decided on. Only rises, so that no due time is decided twice.';

COMMENT ON COLUMN prikke.job_state.series_status IS 'The open run of due times that were not sent; becomes one row of history when it ends.';

COMMENT ON COLUMN prikke.job_state.set_aside_error IS 'Why this job cannot be scheduled; cleared by the next change of its schedule.';

CREATE TABLE prikke.job_version (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    version integer NOT NULL,
    url text NOT NULL,
    method text NOT NULL,
    headers jsonb NOT NULL,
    body text,
    content_type text,
    timeout_ms integer NOT NULL,
    max_attempts integer NOT NULL,
    backoff interval NOT NULL,
    completion text NOT NULL,
    expected_status text,
    expected_body text,
    settings jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone
);

ALTER TABLE ONLY prikke.job_version FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.job_version IS 'What a job was at each of its versions; history and replays read what was sent from here.';

COMMENT ON COLUMN prikke.job_version.settings IS 'All that is not part of the request: schedule, queue, policies, as JSON by field name.';

CREATE TABLE prikke.live_execution (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    "position" bigint NOT NULL,
    job_id uuid,
    job_version integer,
    kind prikke.execution_kind NOT NULL,
    status prikke.live_status DEFAULT 'pending'::text NOT NULL,
    ready boolean NOT NULL,
    held_by text,
    queue text DEFAULT 'default'::text NOT NULL COLLATE pg_catalog."C",
    priority smallint DEFAULT 0 NOT NULL,
    interval_class smallint DEFAULT 0 NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint NOT NULL,
    lost smallint DEFAULT 0 NOT NULL,
    claim_number integer DEFAULT 0 NOT NULL,
    runner_id uuid,
    claimed_at timestamp with time zone,
    lease_ends_at timestamp with time zone,
    exclusive boolean DEFAULT false NOT NULL,
    ordering_key text COLLATE pg_catalog."C",
    key text COLLATE pg_catalog."C",
    ref text COLLATE pg_catalog."C",
    url text,
    method text,
    headers jsonb,
    body text,
    content_type text,
    timeout_ms integer,
    backoff interval,
    completion text,
    expected_status text,
    expected_body text,
    host text COLLATE pg_catalog."C",
    hop smallint DEFAULT 0 NOT NULL,
    channel_id uuid,
    replay_of uuid,
    reason text,
    error_message text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT live_execution_never_early CHECK ((due_at >= scheduled_for)),
    CONSTRAINT live_execution_one_state CHECK (
CASE status
    WHEN 'running'::text THEN ((lease_ends_at IS NOT NULL) AND (held_by IS NULL) AND (NOT ready))
    ELSE ((lease_ends_at IS NULL) AND ((held_by IS NULL) OR (NOT ready)))
END)
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.1', autovacuum_vacuum_cost_delay='0');

ALTER TABLE ONLY prikke.live_execution FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.live_execution IS 'Executions that are not over: waiting, held or running. A row leaves when it ends.';

COMMENT ON COLUMN prikke.live_execution."position" IS 'Order of creation, the last word between equal due times.';

COMMENT ON COLUMN prikke.live_execution.ready IS 'Due and not held: what claim looks at.';

COMMENT ON COLUMN prikke.live_execution.held_by IS 'What keeps a due row back: overlap, ordering_key, queue, breaker, limit …; null: nothing.';

COMMENT ON COLUMN prikke.live_execution.interval_class IS 'Rank of the job''s interval, shorter first; 0 for sends.';

COMMENT ON COLUMN prikke.live_execution.scheduled_for IS 'The nominal due time, the same over all attempts.';

COMMENT ON COLUMN prikke.live_execution.due_at IS 'The earliest next try.';

COMMENT ON COLUMN prikke.live_execution.attempt IS 'Tries that ended by an answer, an error or a timeout.';

COMMENT ON COLUMN prikke.live_execution.lost IS 'Leases that lapsed; three in a row end the execution.';

COMMENT ON COLUMN prikke.live_execution.claim_number IS 'Token of the present claim; only rises, so that a late writer is known.';

COMMENT ON COLUMN prikke.live_execution.exclusive IS 'One run of its job at a time (overlap other than allow).';

COMMENT ON COLUMN prikke.live_execution.url IS 'The request of an execution without a job; jobs'' requests are in job_version.';

COMMENT ON COLUMN prikke.live_execution.host IS 'Host and port of the target, for caps and breakers.';

COMMENT ON CONSTRAINT live_execution_one_state ON prikke.live_execution IS 'Running under a lease, or ready, or held, or waiting for its time: one of them. Few constraints, since each send compiles them anew.';

CREATE TABLE prikke.past_execution (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    "position" bigint NOT NULL,
    job_id uuid,
    job_version integer,
    kind text NOT NULL,
    status text NOT NULL,
    queue text NOT NULL COLLATE pg_catalog."C",
    priority smallint NOT NULL,
    ordering_key text COLLATE pg_catalog."C",
    key text COLLATE pg_catalog."C",
    ref text COLLATE pg_catalog."C",
    scheduled_for timestamp with time zone NOT NULL,
    last_due_at timestamp with time zone,
    due_count bigint DEFAULT 1 NOT NULL,
    due_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    attempt smallint NOT NULL,
    max_attempts smallint NOT NULL,
    lost smallint NOT NULL,
    claim_number integer NOT NULL,
    runner_id uuid,
    url text,
    method text,
    headers jsonb,
    body text,
    content_type text,
    status_code smallint,
    duration_ms integer,
    response_headers jsonb,
    response_body bytea,
    truncated boolean DEFAULT false NOT NULL,
    error_message text,
    reason text,
    hop smallint DEFAULT 0 NOT NULL,
    channel_id uuid,
    replay_of uuid,
    delivery jsonb,
    CONSTRAINT past_execution_series_only_unsent CHECK (((due_count = 1) OR (status = ANY (ARRAY['missed'::text, 'skipped'::text])))),
    CONSTRAINT past_execution_status_known CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text, 'cancelled'::text, 'missed'::text, 'skipped'::text])))
)
PARTITION BY RANGE (finished_at);

ALTER TABLE ONLY prikke.past_execution FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.past_execution IS 'Executions that are over, with the facts of their last attempt. Append-only, a partition a day.';

COMMENT ON COLUMN prikke.past_execution.last_due_at IS 'Last due time of a series of missed or skipped ones; scheduled_for is the first, due_count how many.';

COMMENT ON COLUMN prikke.past_execution.delivery IS 'Of a request of its own: timeout, backoff, completion and expectations that are not the defaults, for a replay.';

CREATE VIEW prikke.execution AS
 SELECT e.id,
    e.job_id,
    e.job_version,
    (e.kind)::text AS kind,
        CASE
            WHEN (r.action = 'cancel'::text) THEN 'cancelled'::text
            ELSE (e.status)::text
        END AS status,
    e.scheduled_for,
    e.due_at,
    e.claimed_at AS started_at,
    NULL::timestamp with time zone AS finished_at,
    NULL::smallint AS status_code,
    NULL::integer AS duration_ms,
    NULL::jsonb AS response_headers,
    NULL::bytea AS response_body,
    false AS truncated,
    e.error_message,
    e.attempt,
    e.max_attempts,
    e.lost,
    e.queue,
    e.ordering_key,
    e.held_by,
    e.reason,
    e.replay_of,
    COALESCE(e.url, v.url) AS url,
    COALESCE(e.method, v.method) AS method,
    prikke.veil_headers(prikke.mask_headers(COALESCE(e.headers, v.headers)), ( SELECT prikke.hides_headers() AS hides_headers)) AS headers,
        CASE
            WHEN (e.url IS NULL) THEN v.body
            ELSE e.body
        END AS body,
    COALESCE(e.content_type, v.content_type) AS content_type,
    e.priority,
    e.key,
    e.ref,
    NULL::timestamp with time zone AS last_due_at,
    (1)::bigint AS due_count,
    e.created_at,
    e.claimed_at,
    d.name AS job_name
   FROM (((prikke.live_execution e
     LEFT JOIN prikke.job_version v ON (((v.organization_id = e.organization_id) AND (v.job_id = e.job_id) AND (v.version = e.job_version))))
     LEFT JOIN prikke.job_definition d ON (((d.organization_id = e.organization_id) AND (d.id = e.job_id))))
     LEFT JOIN LATERAL ( SELECT q.action
           FROM prikke.execution_request q
          WHERE ((q.organization_id = e.organization_id) AND (q.execution_id = e.id) AND (q.action = 'cancel'::text))
         LIMIT 1) r ON (true))
  WHERE (e.organization_id = ( SELECT prikke.current_organization() AS current_organization))
UNION ALL
 SELECT e.id,
    e.job_id,
    e.job_version,
    e.kind,
    e.status,
    e.scheduled_for,
    e.due_at,
    e.started_at,
    e.finished_at,
    e.status_code,
    e.duration_ms,
    prikke.veil_headers(e.response_headers, ( SELECT prikke.hides_headers() AS hides_headers)) AS response_headers,
    e.response_body,
    e.truncated,
    e.error_message,
    e.attempt,
    e.max_attempts,
    e.lost,
    e.queue,
    e.ordering_key,
    NULL::text AS held_by,
    e.reason,
    e.replay_of,
    COALESCE(e.url, v.url) AS url,
    COALESCE(e.method, v.method) AS method,
    prikke.veil_headers(prikke.mask_headers(COALESCE(e.headers, v.headers)), ( SELECT prikke.hides_headers() AS hides_headers)) AS headers,
        CASE
            WHEN (e.url IS NULL) THEN v.body
            ELSE e.body
        END AS body,
    COALESCE(e.content_type, v.content_type) AS content_type,
    e.priority,
    e.key,
    e.ref,
    e.last_due_at,
    e.due_count,
    e.created_at,
    e.claimed_at,
    d.name AS job_name
   FROM ((prikke.past_execution e
     LEFT JOIN prikke.job_version v ON (((v.organization_id = e.organization_id) AND (v.job_id = e.job_id) AND (v.version = e.job_version))))
     LEFT JOIN prikke.job_definition d ON (((d.organization_id = e.organization_id) AND (d.id = e.job_id))))
  WHERE ((e.organization_id = ( SELECT prikke.current_organization() AS current_organization)) AND (e.finished_at > ( SELECT prikke.history_begins(prikke.current_organization()) AS history_begins)))
UNION ALL
 SELECT prikke.scheduled_id(s.job_id, s.series_first_at) AS id,
    s.job_id,
    NULL::integer AS job_version,
    'schedule'::text AS kind,
    s.series_status AS status,
    s.series_first_at AS scheduled_for,
    s.series_first_at AS due_at,
    NULL::timestamp with time zone AS started_at,
    NULL::timestamp with time zone AS finished_at,
    NULL::smallint AS status_code,
    NULL::integer AS duration_ms,
    NULL::jsonb AS response_headers,
    NULL::bytea AS response_body,
    false AS truncated,
    NULL::text AS error_message,
    (0)::smallint AS attempt,
    (d.max_attempts)::smallint AS max_attempts,
    (0)::smallint AS lost,
    d.queue,
    NULL::text AS ordering_key,
    NULL::text AS held_by,
    s.series_reason AS reason,
    NULL::uuid AS replay_of,
    d.url,
    d.method,
    prikke.veil_headers(prikke.mask_headers(d.headers), ( SELECT prikke.hides_headers() AS hides_headers)) AS headers,
    d.body,
    d.content_type,
    d.priority,
    NULL::text AS key,
    NULL::text AS ref,
    s.series_last_at AS last_due_at,
    s.series_count AS due_count,
    s.series_first_at AS created_at,
    NULL::timestamp with time zone AS claimed_at,
    d.name AS job_name
   FROM (prikke.job_state s
     JOIN prikke.job_definition d ON (((d.organization_id = s.organization_id) AND (d.id = s.job_id))))
  WHERE ((s.organization_id = ( SELECT prikke.current_organization() AS current_organization)) AND (s.series_status IS NOT NULL));

COMMENT ON VIEW prikke.execution IS 'The executions of the current organization, live and past. One row of missed or skipped due times stands for due_count of them, from scheduled_for to last_due_at. Example: select status, count(*) from prikke.execution group by status;';

COMMENT ON COLUMN prikke.execution.scheduled_for IS 'The nominal due time, the same over all attempts.';

COMMENT ON COLUMN prikke.execution.due_at IS 'The earliest next try.';

COMMENT ON COLUMN prikke.execution.attempt IS 'Tries that ended by an answer, an error or a timeout.';

COMMENT ON COLUMN prikke.execution.lost IS 'Leases lost in a row; three end the execution.';

COMMENT ON COLUMN prikke.execution.held_by IS 'What keeps a due execution back; null: nothing.';

CREATE TABLE prikke.watch_definition (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    key text COLLATE pg_catalog."C",
    action text NOT NULL,
    table_schema name NOT NULL,
    table_name name NOT NULL,
    object_name name NOT NULL,
    owner_role name NOT NULL,
    made_by name NOT NULL,
    events text[] NOT NULL,
    url text,
    method text,
    headers jsonb,
    payload text,
    condition text,
    ordering_key text,
    ref text,
    queue text COLLATE pg_catalog."C",
    priority smallint,
    timeout_ms integer,
    max_attempts smallint,
    backoff interval,
    expected_status text,
    expected_body text,
    is_strict boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT watch_definition_action_known CHECK ((action = ANY (ARRAY['send'::text, 'cancel'::text]))),
    CONSTRAINT watch_definition_action_whole CHECK (
CASE action
    WHEN 'send'::text THEN ((url IS NOT NULL) AND (payload IS NOT NULL))
    ELSE (ref IS NOT NULL)
END)
);

ALTER TABLE ONLY prikke.watch_definition FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.watch_definition IS 'What happens when rows of a table of people''s own change: each makes a send, or cancels the sends of its ref.';

COMMENT ON COLUMN prikke.watch_definition.table_name IS 'The table when the watch was made; it may have been renamed since, its triggers go with it.';

COMMENT ON COLUMN prikke.watch_definition.object_name IS 'Name of the function and the view beside the table, and how its triggers begin.';

COMMENT ON COLUMN prikke.watch_definition.owner_role IS 'Owner of the table, and of function and view: who evaluates the expressions. Only a view of that role may queue.';

COMMENT ON COLUMN prikke.watch_definition.made_by IS 'Login that made it; while it may send for this organization, the watch does.';

CREATE TABLE prikke.watch_failure (
    "position" bigint NOT NULL,
    organization_id uuid NOT NULL,
    watch_id uuid NOT NULL,
    failed_at timestamp with time zone NOT NULL,
    rows_lost bigint NOT NULL,
    error text NOT NULL
);

ALTER TABLE ONLY prikke.watch_failure FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.watch_failure IS 'Rows whose change was not sent, appended in the transaction that changed them and folded into watch_state.';

CREATE TABLE prikke.watch_state (
    organization_id uuid NOT NULL,
    watch_id uuid NOT NULL,
    failures bigint NOT NULL,
    rows_lost bigint NOT NULL,
    last_failed_at timestamp with time zone NOT NULL,
    last_error text NOT NULL
);

ALTER TABLE ONLY prikke.watch_state FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.watch_state IS 'What went wrong with a watch so far. Only the engine writes it.';

COMMENT ON COLUMN prikke.watch_state.failures IS 'Statements with rows that were not sent.';

CREATE VIEW prikke.watch AS
 SELECT w.id,
    w.key,
    w.action,
    COALESCE(t.name, format('%I.%I'::text, w.table_schema, w.table_name)) AS table_name,
    w.events,
    w.url,
    w.method,
    prikke.veil_headers(prikke.mask_headers(w.headers), ( SELECT prikke.hides_headers() AS hides_headers)) AS headers,
    w.payload,
    w.condition,
    w.ordering_key,
    w.ref,
    w.queue,
    w.priority,
    w.timeout_ms,
    w.max_attempts,
    w.backoff,
    w.expected_status,
    w.expected_body,
    w.is_strict AS strict,
        CASE
            WHEN ((t.triggers IS NULL) AND (NOT (EXISTS ( SELECT
               FROM (pg_class c
                 JOIN pg_namespace n ON ((n.oid = c.relnamespace)))
              WHERE ((c.relname = w.table_name) AND (n.nspname = w.table_schema)))))) THEN 'gone'::text
            WHEN ((COALESCE(t.triggers, (0)::bigint) < cardinality(w.events)) OR t.wrong_owner OR (NOT (EXISTS ( SELECT
               FROM (pg_class c
                 JOIN pg_namespace n ON ((n.oid = c.relnamespace)))
              WHERE ((c.relname = w.object_name) AND (n.nspname = w.table_schema) AND (c.relkind = 'v'::"char") AND (pg_get_userbyid(c.relowner) = w.owner_role)))))) THEN 'incomplete'::text
            WHEN t.disabled THEN 'disabled'::text
            WHEN (GREATEST(s.last_failed_at, f.last_failed_at) > (prikke.clock() - '01:00:00'::interval)) THEN 'failing'::text
            ELSE 'active'::text
        END AS state,
    (COALESCE(s.failures, (0)::bigint) + COALESCE(f.failures, (0)::bigint)) AS failures,
    ((COALESCE(s.rows_lost, (0)::bigint))::numeric + COALESCE(f.rows_lost, (0)::numeric)) AS rows_lost,
    GREATEST(s.last_failed_at, f.last_failed_at) AS last_failed_at,
    COALESCE(f.last_error, s.last_error) AS last_error,
    (w.made_by)::text AS made_by,
    (w.owner_role)::text AS owner_role,
    w.created_at
   FROM (((prikke.watch_definition w
     LEFT JOIN LATERAL ( SELECT min(((t_1.tgrelid)::regclass)::text) AS name,
            NULLIF(count(*), 0) AS triggers,
            bool_or((t_1.tgenabled = 'D'::"char")) AS disabled,
            bool_or((pg_get_userbyid(c.relowner) <> w.owner_role)) AS wrong_owner
           FROM (pg_trigger t_1
             JOIN pg_class c ON ((c.oid = t_1.tgrelid)))
          WHERE (t_1.tgfoid IN ( SELECT p.oid
                   FROM pg_proc p
                  WHERE ((p.proname = w.object_name) AND (pg_get_userbyid(p.proowner) = w.owner_role))))) t ON (true))
     LEFT JOIN prikke.watch_state s ON (((s.organization_id = w.organization_id) AND (s.watch_id = w.id))))
     LEFT JOIN LATERAL ( SELECT count(*) AS failures,
            sum(f_1.rows_lost) AS rows_lost,
            max(f_1.failed_at) AS last_failed_at,
            (array_agg(f_1.error ORDER BY f_1."position" DESC))[1] AS last_error
           FROM prikke.watch_failure f_1
          WHERE ((f_1.organization_id = w.organization_id) AND (f_1.watch_id = w.id))) f ON (true))
  WHERE (w.organization_id = ( SELECT prikke.current_organization() AS current_organization));

COMMENT ON VIEW prikke.watch IS 'Watches of the current organization and how they are. Example: select table_name, state, rows_lost, last_error from prikke.watch;';

COMMENT ON COLUMN prikke.watch.state IS 'active; failing: rows were not sent within the last hour; disabled: a trigger is; incomplete: a trigger, the function or the view is gone, or the table has another owner; gone: the table is.';

COMMENT ON COLUMN prikke.watch.failures IS 'Statements with rows that were not sent.';

COMMENT ON COLUMN prikke.watch.rows_lost IS 'Changed rows that were not sent.';

CREATE TABLE prikke.channel (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    target text NOT NULL,
    target_secret text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    rules jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT channel_kind_known CHECK ((kind = ANY (ARRAY['email'::text, 'webhook'::text, 'slack'::text, 'discord'::text, 'teams'::text, 'telegram'::text, 'ntfy'::text, 'pagerduty'::text])))
);

ALTER TABLE ONLY prikke.channel FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.channel IS 'Where an organization is told of changes: addresses of mail and of services.';

COMMENT ON COLUMN prikke.channel.target IS 'The address as every door shows it, without what must stay secret in it.';

COMMENT ON COLUMN prikke.channel.target_secret IS 'The whole address; read by runners when they send, and by nobody else. owners: whoever owns the organization.';

COMMENT ON COLUMN prikke.channel.rules IS 'What differs here from the organization''s rules: events, remind_every, recovery, quiet_hours.';

CREATE VIEW prikke.job AS
 SELECT d.id,
    d.key,
    d.name,
    d.url,
    d.method,
        CASE
            WHEN (d.headers = '{}'::jsonb) THEN d.headers
            ELSE prikke.veil_headers(prikke.mask_headers(d.headers), ( SELECT prikke.hides_headers() AS hides_headers))
        END AS headers,
    d.body,
    d.content_type,
    d.schedule_type,
    d.cron,
    d.every,
    d.scheduled_at,
    d.timezone,
    d.queue,
    d.priority,
    d.ordering_key,
    d.enabled,
    d.paused_by,
    d.timeout_ms,
    d.max_attempts,
    d.backoff,
    d.catch_up,
    d.catch_up_window,
    d.overlap,
    d.completion,
    d.expected_status,
    d.expected_body,
    d.on_success_url,
    d.on_failure_url,
    d.on_recovery_url,
    d.notify,
    d.interval_minutes,
        CASE
            WHEN (s.plan_version = d.plan_version) THEN s.next_run_at
            ELSE d.planned_next_at
        END AS next_run_at,
    s.last_run_at,
    s.last_status,
    s.last_success_at,
    COALESCE(s.consecutive_failures, 0) AS consecutive_failures,
    d.created_at,
    d.updated_at,
    d.version,
    d.paused_at,
    d.pause_reason,
    s.set_aside_at,
    s.set_aside_error
   FROM (prikke.job_definition d
     LEFT JOIN prikke.job_state s ON (((s.organization_id = d.organization_id) AND (s.job_id = d.id))))
  WHERE ((d.deleted_at IS NULL) AND (d.organization_id = ( SELECT prikke.current_organization() AS current_organization)));

COMMENT ON VIEW prikke.job IS 'The jobs of the current organization: what is sent and when, and how it went last. Example: select name, next_run_at, last_status from prikke.job order by next_run_at;';

COMMENT ON COLUMN prikke.job.headers IS 'Values of credentials are masked.';

COMMENT ON COLUMN prikke.job.next_run_at IS 'The next due time; null: nothing is planned.';

COMMENT ON COLUMN prikke.job.set_aside_error IS 'Why the engine cannot schedule this job; the next change of its schedule tries again.';

CREATE TABLE prikke.api_key (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    public_id text NOT NULL COLLATE pg_catalog."C",
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_key_hash_is_sha256 CHECK ((octet_length(secret_hash) = 32)),
    CONSTRAINT api_key_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT api_key_scopes_are_known CHECK (((scopes <@ '{read,write,trigger,admin,owner}'::text[]) AND (cardinality(scopes) > 0)))
);

ALTER TABLE ONLY prikke.api_key FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.api_key IS 'Keys by which programs act for an organization. Of the secret only a hash is kept.';

COMMENT ON COLUMN prikke.api_key.public_id IS 'The public half of a key, pk_live_…, by which it is found and named.';

COMMENT ON COLUMN prikke.api_key.secret_hash IS 'SHA-256 of the secret half, sk_live_…, which has 32 random bytes.';

COMMENT ON COLUMN prikke.api_key.scopes IS 'What it may: read, write (which includes both others), trigger, admin, owner.';

COMMENT ON COLUMN prikke.api_key.last_used_at IS 'Written at most every five minutes.';

CREATE VIEW prikke.key AS
 SELECT id,
    public_id,
    name,
    scopes,
    created_by,
    created_at,
    expires_at,
    last_used_at
   FROM prikke.api_key k
  WHERE ((organization_id = ( SELECT prikke.current_organization() AS current_organization)) AND (revoked_at IS NULL));

COMMENT ON VIEW prikke.key IS 'Keys by which programs act for the current organization, those that are not revoked; never a secret. Example: select name, scopes, last_used_at from prikke.key;';

COMMENT ON COLUMN prikke.key.last_used_at IS 'To within five minutes.';

CREATE TABLE prikke.organization (
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    tier text DEFAULT 'free'::text NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    retention_days integer,
    secrets_changed_at timestamp with time zone DEFAULT prikke.clock() NOT NULL,
    created_at timestamp with time zone DEFAULT prikke.clock() NOT NULL,
    updated_at timestamp with time zone DEFAULT prikke.clock() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT organization_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT organization_retention_sane CHECK (((retention_days >= 1) AND (retention_days <= 400))),
    CONSTRAINT organization_slug_form CHECK (((slug ~ '^[a-z0-9](-?[a-z0-9])+$'::text) AND ((char_length(slug) >= 2) AND (char_length(slug) <= 50)))),
    CONSTRAINT organization_tier_known CHECK ((tier = ANY (ARRAY['free'::text, 'pro'::text])))
);

ALTER TABLE ONLY prikke.organization FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.organization IS 'A tenant: whose jobs, deliveries and history these are.';

COMMENT ON COLUMN prikke.organization.limits IS 'Limits of the plan that this organization has otherwise, by name; empty means the plan as it is.';

COMMENT ON COLUMN prikke.organization.retention_days IS 'Days of history kept; null means as the plan says.';

COMMENT ON COLUMN prikke.organization.secrets_changed_at IS 'Raised by each change of a secret, so that runners read their copies again.';

CREATE TABLE prikke.binding (
    role_name name NOT NULL,
    organization_id uuid NOT NULL,
    access text NOT NULL,
    created_at timestamp with time zone DEFAULT prikke.clock() NOT NULL,
    CONSTRAINT binding_access_known CHECK ((access = ANY (ARRAY['read'::text, 'write'::text])))
);

ALTER TABLE ONLY prikke.binding FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.binding IS 'Database logins that see one organization only; a binding always wins over a setting.';

CREATE VIEW prikke.bound_login AS
 SELECT b.role_name AS role,
    o.slug AS organization,
    b.access,
    r.rolconnlimit AS connection_limit,
    (r.rolname IS NOT NULL) AS login_exists,
    b.created_at
   FROM ((prikke.binding b
     LEFT JOIN prikke.organization o ON ((o.id = b.organization_id)))
     LEFT JOIN pg_roles r ON ((r.rolname = b.role_name)))
  ORDER BY b.role_name;

COMMENT ON VIEW prikke.bound_login IS 'Database logins that are bound to one organization by grant_access. Example: select role, organization, access from prikke.bound_login;';

COMMENT ON COLUMN prikke.bound_login.connection_limit IS 'Connections it may have at once; -1: no limit.';

COMMENT ON COLUMN prikke.bound_login.login_exists IS 'False: the role was dropped; revoke_access tidies up.';

CREATE TABLE prikke.subscription (
    organization_id uuid NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL,
    variant_id text NOT NULL,
    pause_mode text,
    renews_at timestamp with time zone,
    ends_at timestamp with time zone,
    resumes_at timestamp with time zone,
    paid_until_at timestamp with time zone,
    payment_failed_at timestamp with time zone,
    payment_at timestamp with time zone,
    granted_until_at timestamp with time zone NOT NULL,
    granting boolean NOT NULL,
    provider_updated_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT subscription_id_length CHECK (((char_length(id) >= 1) AND (char_length(id) <= 100))),
    CONSTRAINT subscription_pause_mode_known CHECK ((pause_mode = ANY (ARRAY['void'::text, 'free'::text]))),
    CONSTRAINT subscription_status_known CHECK ((status = ANY (ARRAY['on_trial'::text, 'active'::text, 'paused'::text, 'past_due'::text, 'unpaid'::text, 'cancelled'::text, 'expired'::text])))
);

ALTER TABLE ONLY prikke.subscription FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.subscription IS 'Subscriptions at the payment provider, as it last told us, and until when each gives the plan pro.';

COMMENT ON COLUMN prikke.subscription.id IS 'The provider''s.';

COMMENT ON COLUMN prikke.subscription.paid_until_at IS 'While paused: up to when it was paid for before.';

COMMENT ON COLUMN prikke.subscription.payment_failed_at IS 'Since when a payment is owed; null while none is.';

COMMENT ON COLUMN prikke.subscription.payment_at IS 'The provider''s time of the last payment that succeeded or failed.';

COMMENT ON COLUMN prikke.subscription.granted_until_at IS 'Until when it gives the plan pro: infinity while it runs, -infinity when it gives nothing.';

COMMENT ON COLUMN prikke.subscription.granting IS 'Whether it gives the plan now. What it gave it takes back; what an operator gave it leaves.';

COMMENT ON COLUMN prikke.subscription.provider_updated_at IS 'The provider''s time of what is written here: older news is not taken over.';

CREATE TABLE prikke.past_attempt (
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    claim_number integer NOT NULL,
    number smallint NOT NULL,
    job_version integer,
    status text NOT NULL,
    runner_id uuid,
    claimed_at timestamp with time zone,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    duration_ms integer,
    response_headers jsonb,
    response_body bytea,
    truncated boolean DEFAULT false NOT NULL,
    error_message text,
    retry_at timestamp with time zone,
    CONSTRAINT past_attempt_status_known CHECK ((status = ANY (ARRAY['failed'::text, 'timeout'::text, 'lost'::text, 'accepted'::text])))
)
PARTITION BY RANGE (finished_at);

ALTER TABLE ONLY prikke.past_attempt FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.past_attempt IS 'Attempts before the last one, and those whose lease was lost. A partition a day.';

COMMENT ON COLUMN prikke.past_attempt.number IS 'Which try this was, from 1; a lost one has the number of the try it would have been.';

CREATE VIEW prikke.attempt AS
 SELECT a.execution_id,
    a.number,
    a.claim_number,
    a.job_version,
    a.status,
    a.claimed_at,
    a.started_at,
    a.finished_at,
    a.status_code,
    a.duration_ms,
    prikke.veil_headers(a.response_headers, ( SELECT prikke.hides_headers() AS hides_headers)) AS response_headers,
    a.response_body,
    a.truncated,
    a.error_message,
    a.retry_at
   FROM prikke.past_attempt a
  WHERE ((a.organization_id = ( SELECT prikke.current_organization() AS current_organization)) AND (a.finished_at > ( SELECT prikke.history_begins(prikke.current_organization()) AS history_begins)))
UNION ALL
 SELECT e.id AS execution_id,
    e.attempt AS number,
    e.claim_number,
    e.job_version,
    e.status,
    e.claimed_at,
    e.started_at,
    e.finished_at,
    e.status_code,
    e.duration_ms,
    prikke.veil_headers(e.response_headers, ( SELECT prikke.hides_headers() AS hides_headers)) AS response_headers,
    e.response_body,
    e.truncated,
    e.error_message,
    NULL::timestamp with time zone AS retry_at
   FROM prikke.past_execution e
  WHERE ((e.organization_id = ( SELECT prikke.current_organization() AS current_organization)) AND (e.finished_at > ( SELECT prikke.history_begins(prikke.current_organization()) AS history_begins)) AND (e.started_at IS NOT NULL))
UNION ALL
 SELECT e.id AS execution_id,
    ((e.attempt + 1))::smallint AS number,
    e.claim_number,
    e.job_version,
    'running'::text AS status,
    e.claimed_at,
    NULL::timestamp with time zone AS started_at,
    NULL::timestamp with time zone AS finished_at,
    NULL::smallint AS status_code,
    NULL::integer AS duration_ms,
    NULL::jsonb AS response_headers,
    NULL::bytea AS response_body,
    false AS truncated,
    NULL::text AS error_message,
    NULL::timestamp with time zone AS retry_at
   FROM prikke.live_execution e
  WHERE ((e.organization_id = ( SELECT prikke.current_organization() AS current_organization)) AND ((e.status)::text = 'running'::text));

COMMENT ON VIEW prikke.attempt IS 'Each HTTP try of the current organization''s executions. Example: select number, status, status_code, duration_ms from prikke.attempt where execution_id = ''0198…'' order by claim_number;';

COMMENT ON COLUMN prikke.attempt.number IS 'Which try this was, from 1; a lost one has the number of the try it would have been.';

CREATE TABLE prikke.audit_entry (
    organization_id uuid NOT NULL,
    "position" bigint NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    actor_kind text NOT NULL,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL COLLATE pg_catalog."C",
    version integer,
    before jsonb,
    after jsonb,
    source text NOT NULL,
    CONSTRAINT audit_entry_says_something CHECK (((before IS NOT NULL) OR (after IS NOT NULL)))
);

ALTER TABLE ONLY prikke.audit_entry FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.audit_entry IS 'Each change of what people declare: who, from where, what, before and after, without secrets. Written by triggers in the same transaction, never changed, kept 400 days.';

COMMENT ON COLUMN prikke.audit_entry.actor IS 'user:…, key:…, role:… (a database role), or prikke.';

COMMENT ON COLUMN prikke.audit_entry.action IS 'create, update, delete, restore, pause or resume.';

COMMENT ON COLUMN prikke.audit_entry.version IS 'Version of a job after the change.';

COMMENT ON COLUMN prikke.audit_entry.before IS 'The changed fields as they were; all of them when something was deleted, null when it was made.';

COMMENT ON COLUMN prikke.audit_entry.after IS 'The changed fields as they became; all of them when something was made, null when it was deleted.';

COMMENT ON COLUMN prikke.audit_entry.source IS 'From where: the door and the address, as far as known.';

CREATE VIEW prikke.audit AS
 SELECT id,
    at,
    actor,
    actor_kind,
    action,
    subject_kind,
    subject_id,
    prikke.veil_fields(before, ( SELECT prikke.hides_headers() AS hides_headers)) AS before,
    prikke.veil_fields(after, ( SELECT prikke.hides_headers() AS hides_headers)) AS after,
    source
   FROM prikke.audit_entry a
  WHERE (organization_id = ( SELECT prikke.current_organization() AS current_organization));

COMMENT ON VIEW prikke.audit IS 'Every change of what the current organization declares: who, from where, what, before and after, without secrets. Example: select at, actor, action, subject_kind, after from prikke.audit where at > prikke.clock() - interval ''1 day'' order by at desc;';

COMMENT ON COLUMN prikke.audit.actor IS 'user:…, key:…, role:… (a database role), or prikke for what the engine did by itself.';

COMMENT ON COLUMN prikke.audit.action IS 'create, update, delete, restore, pause or resume.';

COMMENT ON COLUMN prikke.audit.before IS 'The changed fields as they were; null when something was made.';

COMMENT ON COLUMN prikke.audit.after IS 'The changed fields as they became; null when something was deleted.';

COMMENT ON COLUMN prikke.audit.source IS 'From where: the door and the address, as far as known.';

CREATE TABLE prikke.queue (
    organization_id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    max_running integer,
    rate integer,
    rate_period interval,
    burst integer,
    after_failure text DEFAULT 'continue'::text NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    paused_by text,
    pause_reason text,
    paused_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT queue_after_failure_known CHECK ((after_failure = ANY (ARRAY['continue'::text, 'stop'::text]))),
    CONSTRAINT queue_max_running_range CHECK (((max_running >= 1) AND (max_running <= 100000))),
    CONSTRAINT queue_rate_range CHECK ((((rate >= 1) AND (rate <= 1000000)) AND ((rate_period >= '00:00:01'::interval) AND (rate_period <= '31 days'::interval)) AND ((burst >= 1) AND (burst <= 1000000)))),
    CONSTRAINT queue_rate_whole CHECK ((num_nulls(rate, rate_period, burst) = ANY (ARRAY[0, 3])))
);

ALTER TABLE ONLY prikke.queue FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.queue IS 'Settings of a lane of an organization. A lane without a row has the defaults: no limits.';

COMMENT ON COLUMN prikke.queue.max_running IS 'At most so many run at once; 1: strictly one after another. Null: no cap.';

COMMENT ON COLUMN prikke.queue.rate IS 'At most so many begin in each rate_period, beside a burst.';

COMMENT ON COLUMN prikke.queue.burst IS 'So many may begin at once after a quiet time; 1 spreads them evenly.';

COMMENT ON COLUMN prikke.queue.after_failure IS 'What an ordering key does when an execution has failed for good: continue with the next, or stop until a person continues it.';

CREATE TABLE prikke.member (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT member_role_known CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
);

ALTER TABLE ONLY prikke.member FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.member IS 'Who belongs to an organization, and as what: viewer, member, admin or owner.';

CREATE TABLE prikke.app_user (
    id uuid NOT NULL,
    email text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    CONSTRAINT app_user_email_folded CHECK ((email = lower(email))),
    CONSTRAINT app_user_email_form CHECK (((email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$'::text) AND (octet_length(email) <= 254)))
);

ALTER TABLE ONLY prikke.app_user FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.app_user IS 'People. They have no password: who reads the mail of the address is the user.';

COMMENT ON COLUMN prikke.app_user.timezone IS 'The IANA zone in which pages show times to this person.';

ALTER TABLE prikke.audit_entry ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.audit_entry_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.billing_event (
    body_hash bytea NOT NULL,
    name text,
    subject_kind text,
    subject_id text,
    organization_id uuid,
    outcome text NOT NULL,
    content jsonb NOT NULL,
    times integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    last_received_at timestamp with time zone NOT NULL,
    CONSTRAINT billing_event_hash_is_sha256 CHECK ((octet_length(body_hash) = 32))
);

ALTER TABLE ONLY prikke.billing_event FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.billing_event IS 'Each call of the payment provider, once: also unknown and refused ones. Without names, addresses and links of buyers; kept 400 days.';

COMMENT ON COLUMN prikke.billing_event.body_hash IS 'SHA-256 of the body as it came.';

COMMENT ON COLUMN prikke.billing_event.outcome IS 'What came of it: applied, stale, ignored, invalid, other_store, other_mode, other_organization, no_organization or no_subscription.';

COMMENT ON COLUMN prikke.billing_event.times IS 'How often the same body came.';

CREATE TABLE prikke.breaker (
    organization_id uuid NOT NULL,
    host text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    failures integer NOT NULL,
    pause interval NOT NULL,
    open_until timestamp with time zone,
    probe_id uuid,
    changed_at timestamp with time zone NOT NULL,
    last_error text,
    CONSTRAINT breaker_open_has_end CHECK (((state = 'closed'::text) = (open_until IS NULL))),
    CONSTRAINT breaker_state_known CHECK ((state = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text])))
);

ALTER TABLE ONLY prikke.breaker FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.breaker IS 'Hosts that failed last, by organization. A row goes with the first success, so a healthy system has none.';

COMMENT ON COLUMN prikke.breaker.failures IS 'Failures in a row: connection, timeout, 5xx or 429.';

COMMENT ON COLUMN prikke.breaker.probe_id IS 'The one execution let through to see whether the host answers again.';

CREATE TABLE prikke.breaker_event (
    organization_id uuid NOT NULL,
    "position" bigint NOT NULL,
    host text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    failures integer NOT NULL,
    open_until timestamp with time zone,
    message text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT breaker_event_state_known CHECK ((state = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text])))
);

ALTER TABLE ONLY prikke.breaker_event FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.breaker_event IS 'Each change of a breaker, for people to see. Kept as long as history.';

ALTER TABLE prikke.breaker_event ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.breaker_event_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW prikke.breaker_status AS
 SELECT o.slug AS organization,
    b.host,
    b.state,
    b.failures,
    b.pause,
    NULLIF(b.open_until, 'infinity'::timestamp with time zone) AS open_until,
    b.changed_at,
    ( SELECT count(*) AS count
           FROM prikke.live_execution e
          WHERE ((e.organization_id = b.organization_id) AND (e.host = b.host) AND (e.held_by = ANY (ARRAY['breaker'::text, 'host'::text])) AND (e.held_by = 'breaker'::text))) AS held,
    b.last_error
   FROM (prikke.breaker b
     JOIN prikke.organization o ON ((o.id = b.organization_id)))
  ORDER BY b.state DESC, b.failures DESC;

COMMENT ON VIEW prikke.breaker_status IS 'Hosts that failed last: how often in a row, whether their breaker is open, until when, and what it holds. Example: select * from prikke.breaker_status where state <> ''closed'';';

CREATE VIEW prikke.due_execution AS
 SELECT organization,
    ( SELECT d.name
           FROM prikke.job_definition d
          WHERE ((d.organization_id = e.organization_id) AND (d.id = e.job_id))) AS job,
    kind,
    queue,
    due_at,
    (prikke.clock() - due_at) AS late,
    held_by,
    (attempt + 1) AS next_attempt,
    max_attempts,
    error_message AS last_error,
    priority,
    ordering_key,
    scheduled_for,
    COALESCE(url, ( SELECT d.url
           FROM prikke.job_definition d
          WHERE ((d.organization_id = e.organization_id) AND (d.id = e.job_id)))) AS url,
    id,
    job_id
   FROM ( SELECT o.slug AS organization,
            w.organization_id,
            w.id,
            w."position",
            w.job_id,
            w.job_version,
            w.kind,
            w.status,
            w.ready,
            w.held_by,
            w.queue,
            w.priority,
            w.interval_class,
            w.scheduled_for,
            w.due_at,
            w.attempt,
            w.max_attempts,
            w.lost,
            w.claim_number,
            w.runner_id,
            w.claimed_at,
            w.lease_ends_at,
            w.exclusive,
            w.ordering_key,
            w.key,
            w.ref,
            w.url,
            w.method,
            w.headers,
            w.body,
            w.content_type,
            w.timeout_ms,
            w.backoff,
            w.completion,
            w.expected_status,
            w.expected_body,
            w.host,
            w.hop,
            w.channel_id,
            w.replay_of,
            w.reason,
            w.error_message,
            w.created_at
           FROM (prikke.live_execution w
             JOIN prikke.organization o ON ((o.id = w.organization_id)))
          WHERE ((w.due_at <= prikke.clock()) AND (w.ready OR (((w.status)::text = 'pending'::text) AND (w.held_by IS NOT NULL)) OR (((w.status)::text = 'pending'::text) AND (NOT w.ready) AND (w.held_by IS NULL))))
          ORDER BY w.due_at, o.slug, w."position") e;

COMMENT ON VIEW prikke.due_execution IS 'What is due and has not started, longest first. Empty or short while all is well. Example: select organization, job, late, held_by from prikke.due_execution limit 20;';

COMMENT ON COLUMN prikke.due_execution.late IS 'How long it has been due.';

COMMENT ON COLUMN prikke.due_execution.held_by IS 'What keeps it back (overlap, ordering_key, …); null: it only waits for a free runner.';

COMMENT ON COLUMN prikke.due_execution.last_error IS 'Why the attempt before failed, if there was one.';

ALTER TABLE prikke.execution_request ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.execution_request_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW prikke.failing_job AS
 SELECT o.slug AS organization,
    d.name AS job,
        CASE
            WHEN (s.set_aside_at IS NOT NULL) THEN 'cannot be scheduled, set aside until it is changed'::text
            ELSE format('failed %s in a row'::text,
            CASE s.consecutive_failures
                WHEN 1 THEN 'once'::text
                ELSE (s.consecutive_failures || ' times'::text)
            END)
        END AS problem,
    COALESCE(s.set_aside_error, p.error_message, ('answered '::text || p.status_code)) AS last_error,
    s.consecutive_failures,
    COALESCE(s.set_aside_at, s.last_run_at) AS failed_at,
    s.last_success_at,
        CASE
            WHEN d.enabled THEN s.next_run_at
            ELSE NULL::timestamp with time zone
        END AS next_run_at,
        CASE
            WHEN d.enabled THEN 'enabled'::text
            ELSE (('disabled by '::text || COALESCE(d.paused_by, '?'::text)) || COALESCE((': '::text || d.pause_reason), ''::text))
        END AS state,
    d.url,
    d.key,
    s.last_execution_id,
    d.id AS job_id
   FROM (((prikke.job_state s
     JOIN prikke.job_definition d ON (((d.organization_id = s.organization_id) AND (d.id = s.job_id) AND (d.deleted_at IS NULL))))
     JOIN prikke.organization o ON ((o.id = s.organization_id)))
     LEFT JOIN LATERAL ( SELECT x.error_message,
            x.status_code
           FROM prikke.past_execution x
          WHERE ((x.organization_id = s.organization_id) AND (x.id = s.last_execution_id) AND (x.finished_at = s.last_run_at))
         LIMIT 1) p ON (true))
  WHERE ((s.consecutive_failures > 0) OR (s.set_aside_at IS NOT NULL));

COMMENT ON VIEW prikke.failing_job IS 'Jobs whose last run failed, or which cannot be scheduled at all, and why. Example: select organization, job, problem, last_error from prikke.failing_job order by failed_at desc;';

COMMENT ON COLUMN prikke.failing_job.failed_at IS 'When it was set aside, or when the last run failed.';

COMMENT ON COLUMN prikke.failing_job.state IS 'Whether it goes on, else who disabled it and why.';

CREATE VIEW prikke.failing_watch AS
 SELECT o.slug AS organization,
    format('%I.%I'::text, w.table_schema, w.table_name) AS table_name,
    f.last_error AS problem,
    f.rows_lost,
    f.failures,
    f.last_failed_at,
    (w.made_by)::text AS made_by,
    w.is_strict AS strict,
    w.url,
    w.key,
    w.id
   FROM ((prikke.watch_definition w
     JOIN prikke.organization o ON ((o.id = w.organization_id)))
     JOIN LATERAL ( SELECT sum(x.failures) AS failures,
            sum(x.rows_lost) AS rows_lost,
            max(x.last_failed_at) AS last_failed_at,
            (array_agg(x.last_error ORDER BY x.last_failed_at DESC))[1] AS last_error
           FROM ( SELECT s.failures,
                    s.rows_lost,
                    s.last_failed_at,
                    s.last_error
                   FROM prikke.watch_state s
                  WHERE ((s.organization_id = w.organization_id) AND (s.watch_id = w.id))
                UNION ALL
                 SELECT 1,
                    f_1.rows_lost,
                    f_1.failed_at,
                    f_1.error
                   FROM prikke.watch_failure f_1
                  WHERE ((f_1.organization_id = w.organization_id) AND (f_1.watch_id = w.id))) x) f ON ((f.last_failed_at IS NOT NULL)))
  ORDER BY f.last_failed_at DESC;

COMMENT ON VIEW prikke.failing_watch IS 'Watches of people''s tables that could not send changed rows: what was lost and why. Example: select organization, table_name, problem, rows_lost, last_failed_at from prikke.failing_watch;';

COMMENT ON COLUMN prikke.failing_watch.rows_lost IS 'Changed rows that were not sent, ever since the watch was made.';

CREATE TABLE prikke.freed_key (
    "position" bigint NOT NULL,
    organization_id uuid NOT NULL,
    held_by text NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE ONLY prikke.freed_key FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.freed_key IS 'Keys whose holder left while another runner was looking at them; the next tick readies who is first.';

ALTER TABLE prikke.freed_key ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.freed_key_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.host_outcome (
    organization_id uuid NOT NULL,
    "position" bigint NOT NULL,
    host text NOT NULL COLLATE pg_catalog."C",
    failures integer NOT NULL,
    succeeded boolean NOT NULL,
    retry_after interval,
    message text
);

ALTER TABLE ONLY prikke.host_outcome FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.host_outcome IS 'Outcomes whose breaker another runner was looking at, applied by the next tick.';

ALTER TABLE prikke.host_outcome ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.host_outcome_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.idempotency_key (
    organization_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    fingerprint bytea NOT NULL,
    status smallint,
    answer text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_key_answer_whole CHECK (((status IS NULL) = (answer IS NULL)))
);

ALTER TABLE ONLY prikke.idempotency_key FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.idempotency_key IS 'Answers of the last 24 hours to requests with an Idempotency-Key, so that a repeat gets the same one.';

COMMENT ON COLUMN prikke.idempotency_key.organization_id IS 'Whose key it is: the organization of a program, or the person who sent a form.';

COMMENT ON COLUMN prikke.idempotency_key.fingerprint IS 'HMAC-SHA-256 of method, path and body, keyed by a secret of the process: a body may hold one.';

COMMENT ON COLUMN prikke.idempotency_key.answer IS 'The body of the answer, never with a secret. Written in the transaction that did the work.';

CREATE TABLE prikke.job_change (
    "position" bigint NOT NULL,
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    kind text NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT prikke.clock() NOT NULL,
    CONSTRAINT job_change_kind_known CHECK ((kind = ANY (ARRAY['plan'::text, 'disable'::text, 'cancel_waiting'::text])))
);

ALTER TABLE ONLY prikke.job_change FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.job_change IS 'What the engine is still to take over from a change of a job, appended so that nobody waits.';

COMMENT ON COLUMN prikke.job_change.kind IS 'plan: plan anew; disable: an answer asked for it (410); cancel_waiting: deleted, cancel what waits.';

ALTER TABLE prikke.job_change ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.job_change_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.job_health (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    recent bigint NOT NULL,
    failing_since timestamp with time zone
);

ALTER TABLE ONLY prikke.job_health FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.job_health IS 'Jobs that fail or failed a moment ago, so a healthy system has none. Only fold_outcomes writes here.';

COMMENT ON COLUMN prikke.job_health.recent IS 'The last 63 outcomes, the newest lowest; 1 is a failure.';

COMMENT ON COLUMN prikke.job_health.failing_since IS 'Since when it fails by its rules; null: not often enough yet.';

CREATE TABLE prikke.job_outcome (
    "position" bigint NOT NULL,
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    status text NOT NULL,
    finished_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY prikke.job_outcome FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.job_outcome IS 'Finished executions of jobs, appended at completion and folded into job_state soon after.';

ALTER TABLE prikke.job_outcome ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.job_outcome_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW prikke.lateness AS
 SELECT organization,
    queue,
    period,
    started,
    p50,
    p95,
    p99,
    most
   FROM prikke.measure_lateness() l(organization, queue, period, started, p50, p95, p99, most)
  ORDER BY period, p99 DESC, organization, queue;

COMMENT ON VIEW prikke.lateness IS 'How late deliveries start, by queue, in the last hour and the last day: from due time to first request, to the precision of a histogram. Example: select queue, started, p50, p99 from prikke.lateness where period = ''1 hour'';';

COMMENT ON COLUMN prikke.lateness.period IS 'The last hour or the last 24 hours, to the quarter hour.';

COMMENT ON COLUMN prikke.lateness.started IS 'How many executions began.';

COMMENT ON COLUMN prikke.lateness.p99 IS 'All but one in a hundred began at most this late; 1 minute stands for anything beyond.';

COMMENT ON COLUMN prikke.lateness.most IS 'The latest one was at most this late (upper bound of its bucket); null: more than a minute.';

ALTER TABLE prikke.live_execution ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.live_execution_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.migration (
    migration_hash character varying(64) NOT NULL,
    migration_id character varying(255),
    applied_at_utc timestamp without time zone
);

ALTER TABLE ONLY prikke.migration FORCE ROW LEVEL SECURITY;

CREATE TABLE prikke.migration_log (
    id character varying(36) NOT NULL,
    migration_hash character varying(64),
    migration_id character varying(255),
    operation character varying(10),
    username character varying(255),
    hostname character varying(255),
    comment character varying(255),
    created_at_utc timestamp without time zone
);

ALTER TABLE ONLY prikke.migration_log FORCE ROW LEVEL SECURITY;

CREATE TABLE prikke.migration_version (
    version integer NOT NULL,
    installed_at_utc timestamp without time zone
);

ALTER TABLE ONLY prikke.migration_version FORCE ROW LEVEL SECURITY;

CREATE TABLE prikke.mute (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    job_id uuid,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason text,
    created_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT mute_acknowledges_a_job CHECK (((kind <> 'acknowledge'::text) OR (job_id IS NOT NULL))),
    CONSTRAINT mute_ends_after_it_starts CHECK ((ends_at > starts_at)),
    CONSTRAINT mute_kind_known CHECK ((kind = ANY (ARRAY['snooze'::text, 'maintenance'::text, 'acknowledge'::text])))
);

ALTER TABLE ONLY prikke.mute FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.mute IS 'Times in which nothing is told of a job, or of all; and failures that somebody has seen. The jobs run as ever.';

COMMENT ON COLUMN prikke.mute.kind IS 'snooze and maintenance hold back all; acknowledge ends the reminders of a failure that began before starts_at.';

COMMENT ON COLUMN prikke.mute.job_id IS 'Of which job nothing is told; null: of none.';

CREATE TABLE prikke.notice (
    organization_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    "position" bigint NOT NULL,
    transition_position bigint,
    kind text NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    job_id uuid,
    host text COLLATE pg_catalog."C",
    silent boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    look_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY prikke.notice FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.notice IS 'What a channel is still to be told. Rows wait here for others to come along, for quiet hours and mutes to end.';

COMMENT ON COLUMN prikke.notice.subject IS 'What it is about: a job, a host, or a kind.';

COMMENT ON COLUMN prikke.notice.silent IS 'Nobody wants to hear of it, but it ends what was told.';

COMMENT ON COLUMN prikke.notice.look_at IS 'Looked at from then on; later while something holds it back.';

ALTER TABLE prikke.notice ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.notice_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.notification (
    organization_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    items integer NOT NULL
);

ALTER TABLE ONLY prikke.notification FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.notification IS 'Which executions told a channel what; what became of them is in history.';

COMMENT ON COLUMN prikke.notification.items IS 'How many changes it tells of; 0 is a test.';

CREATE TABLE prikke.notification_rule (
    organization_id uuid NOT NULL,
    rules jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY prikke.notification_rule FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.notification_rule IS 'When an organization wants to be told, where it differs from the defaults.';

CREATE TABLE prikke.organization_tally (
    organization_id uuid NOT NULL,
    quarter_hour timestamp with time zone NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    count bigint NOT NULL
);

ALTER TABLE ONLY prikke.organization_tally FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.organization_tally IS 'Counts of ended executions by quarter hour over all jobs of an organization: what overview reads, since tally has a row for each job. Kept 400 days.';

COMMENT ON COLUMN prikke.organization_tally.status IS 'As in tally.';

CREATE TABLE prikke.organization_usage (
    organization_id uuid NOT NULL,
    day date NOT NULL,
    executions bigint NOT NULL
);

ALTER TABLE ONLY prikke.organization_usage FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.organization_usage IS 'Executions that count for a plan, by the day (UTC) of their first attempt. Folded from tally_change.';

CREATE TABLE prikke.plan_hold (
    organization_id uuid NOT NULL,
    free_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY prikke.plan_hold FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.plan_hold IS 'Organizations whose executions of this month are used up, and when a new month frees what is held.';

CREATE VIEW prikke.queue_depth AS
 SELECT o.slug AS organization,
    e.queue,
    e.due,
    e.held,
    e.running,
    e.later,
    e.oldest_due_at,
    (prikke.clock() - e.oldest_due_at) AS oldest_due_age,
    e.next_due_at
   FROM (( SELECT w.organization_id,
            w.queue,
            count(*) FILTER (WHERE (((w.status)::text = 'pending'::text) AND (w.held_by IS NULL) AND (w.due_at <= prikke.clock()))) AS due,
            count(*) FILTER (WHERE (w.held_by IS NOT NULL)) AS held,
            count(*) FILTER (WHERE ((w.status)::text = 'running'::text)) AS running,
            count(*) FILTER (WHERE (((w.status)::text = 'pending'::text) AND (w.held_by IS NULL) AND (w.due_at > prikke.clock()))) AS later,
            min(w.due_at) FILTER (WHERE (((w.status)::text = 'pending'::text) AND (w.held_by IS NULL) AND (w.due_at <= prikke.clock()))) AS oldest_due_at,
            min(w.due_at) FILTER (WHERE (((w.status)::text = 'pending'::text) AND (w.held_by IS NULL) AND (w.due_at > prikke.clock()))) AS next_due_at
           FROM prikke.live_execution w
          GROUP BY w.organization_id, w.queue) e
     JOIN prikke.organization o ON ((o.id = e.organization_id)))
  ORDER BY e.due DESC, e.oldest_due_at, o.slug, e.queue;

COMMENT ON VIEW prikke.queue_depth IS 'How much waits in each queue, deepest first. Example: select organization, queue, due, oldest_due_age from prikke.queue_depth;';

COMMENT ON COLUMN prikke.queue_depth.due IS 'Could start now, but for a free runner.';

COMMENT ON COLUMN prikke.queue_depth.held IS 'Due or not, but kept back; due_execution says by what.';

COMMENT ON COLUMN prikke.queue_depth.later IS 'Due later: sends for later, and retries.';

COMMENT ON COLUMN prikke.queue_depth.oldest_due_age IS 'How long the oldest of the due has waited.';

CREATE TABLE prikke.queue_state (
    organization_id uuid NOT NULL,
    queue text NOT NULL COLLATE pg_catalog."C",
    tat timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    free_at timestamp with time zone
);

ALTER TABLE ONLY prikke.queue_state FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.queue_state IS 'What the engine knows of a lane with a rate. Only runners write it.';

COMMENT ON COLUMN prikke.queue_state.tat IS 'Theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).';

COMMENT ON COLUMN prikke.queue_state.free_at IS 'When the next of the executions held by the rate may go; null: none is held.';

CREATE TABLE prikke.refused_range (
    network cidr NOT NULL,
    reason text NOT NULL
);

ALTER TABLE ONLY prikke.refused_range FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.refused_range IS 'Address ranges that must not be called: one table for SQL and the runner''s guard. Filled by install from sql/refused_range.tsv.';

COMMENT ON COLUMN prikke.refused_range.reason IS 'Of the ranges that hold an address, the narrowest says why it is refused.';

CREATE UNLOGGED TABLE prikke.request_rate (
    subject text NOT NULL COLLATE pg_catalog."C",
    tat timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY prikke.request_rate FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.request_rate IS 'How fast each key, and each address without one, asks; shared by all web processes, forgotten at a crash.';

COMMENT ON COLUMN prikke.request_rate.subject IS 'key:<id> or ip:<address>.';

COMMENT ON COLUMN prikke.request_rate.tat IS 'Theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).';

CREATE TABLE prikke.runner (
    id uuid NOT NULL,
    host text NOT NULL,
    process integer NOT NULL,
    release text NOT NULL,
    concurrency integer NOT NULL,
    open integer DEFAULT 0 NOT NULL,
    stopping boolean DEFAULT false NOT NULL,
    listening boolean DEFAULT false NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY prikke.runner FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.runner IS 'Processes that claim and deliver; each says every few seconds that it lives.';

COMMENT ON COLUMN prikke.runner.open IS 'Requests open when last seen.';

COMMENT ON COLUMN prikke.runner.listening IS 'Whether NOTIFY reaches it; otherwise it polls.';

CREATE UNLOGGED TABLE prikke.runner_sleep (
    runner_id uuid NOT NULL,
    sleeping_until timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

ALTER TABLE ONLY prikke.runner_sleep FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.runner_sleep IS 'Until when each runner means to sleep; a writer with something earlier wakes them. Only runners write it.';

CREATE VIEW prikke.runner_status AS
 SELECT r.host,
    r.process,
        CASE
            WHEN (r.seen_at < (prikke.clock() - '00:00:30'::interval)) THEN 'silent'::text
            WHEN r.stopping THEN 'stopping'::text
            ELSE 'alive'::text
        END AS state,
    r.open AS open_requests,
    COALESCE(e.leases, (0)::bigint) AS leases,
    r.concurrency,
        CASE
            WHEN r.listening THEN 'woken by NOTIFY'::text
            ELSE 'polls'::text
        END AS wakes,
        CASE
            WHEN (s.sleeping_until > prikke.clock()) THEN s.sleeping_until
            ELSE NULL::timestamp with time zone
        END AS sleeping_until,
    (prikke.clock() - r.seen_at) AS seen_ago,
    (prikke.clock() - r.started_at) AS up_for,
    r.release,
    r.id
   FROM ((prikke.runner r
     LEFT JOIN prikke.runner_sleep s ON ((s.runner_id = r.id)))
     LEFT JOIN ( SELECT w.runner_id,
            count(*) AS leases
           FROM prikke.live_execution w
          WHERE ((w.status)::text = 'running'::text)
          GROUP BY w.runner_id) e ON ((e.runner_id = r.id)))
  ORDER BY (r.seen_at < (prikke.clock() - '00:00:30'::interval)), r.host, r.process;

COMMENT ON VIEW prikke.runner_status IS 'Which runners live, and how busy they are. A silent one has not been heard of for half a minute; what it held is taken over. Example: select host, state, open_requests, seen_ago from prikke.runner_status;';

COMMENT ON COLUMN prikke.runner_status.open_requests IS 'As it last said of itself, every few seconds.';

COMMENT ON COLUMN prikke.runner_status.leases IS 'Executions it holds at this moment.';

COMMENT ON COLUMN prikke.runner_status.sleeping_until IS 'Null: it is awake.';

CREATE VIEW prikke.running_execution AS
 SELECT o.slug AS organization,
    d.name AS job,
        CASE
            WHEN (EXISTS ( SELECT
               FROM prikke.execution_request q
              WHERE ((q.organization_id = e.organization_id) AND (q.execution_id = e.id) AND (q.action = 'cancel'::text)))) THEN 'is to be cancelled'::text
            WHEN (e.lease_ends_at < prikke.clock()) THEN 'overdue: see stuck_execution'::text
            WHEN (e.runner_id IS NULL) THEN 'accepted (202): its receiver has yet to report'::text
            ELSE 'being delivered'::text
        END AS state,
    ((r.host || ' process '::text) || r.process) AS runner,
    (prikke.clock() - e.claimed_at) AS running_for,
    (e.attempt + 1) AS attempt,
    e.max_attempts,
    e.queue,
    e.claimed_at AS started_at,
    e.lease_ends_at,
    COALESCE(e.url, v.url) AS url,
    (e.kind)::text AS kind,
    e.scheduled_for,
    e.lost,
    d.key AS job_key,
    e.id,
    e.job_id,
    e.runner_id
   FROM ((((prikke.live_execution e
     JOIN prikke.organization o ON ((o.id = e.organization_id)))
     LEFT JOIN prikke.job_definition d ON (((d.organization_id = e.organization_id) AND (d.id = e.job_id))))
     LEFT JOIN prikke.job_version v ON (((v.organization_id = e.organization_id) AND (v.job_id = e.job_id) AND (v.version = e.job_version))))
     LEFT JOIN prikke.runner r ON ((r.id = e.runner_id)))
  WHERE ((e.status)::text = 'running'::text)
  ORDER BY e.claimed_at, o.slug, e."position";

COMMENT ON VIEW prikke.running_execution IS 'What runs where: each execution that is being delivered or waits for its receiver''s report, longest first. Example: select organization, job, url, runner, running_for from prikke.running_execution;';

COMMENT ON COLUMN prikke.running_execution.job IS 'Name of its job; null: a send, or a notification.';

COMMENT ON COLUMN prikke.running_execution.runner IS 'Host and process as in runner_status; null: no runner has it, as while its receiver has yet to report, or its runner never said its name.';

COMMENT ON COLUMN prikke.running_execution.attempt IS 'The one under way, of max_attempts.';

COMMENT ON COLUMN prikke.running_execution.lease_ends_at IS 'Its runner renews it until then, or another takes it over; after an answer of 202 the report is due by then.';

COMMENT ON COLUMN prikke.running_execution.lost IS 'Runners lost over it in a row; the third ends it.';

CREATE TABLE prikke.secret (
    organization_id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    keyring_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT secret_name_form CHECK ((name ~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$'::text))
);

ALTER TABLE ONLY prikke.secret FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.secret IS 'Named secrets of organizations, sealed by the application; runners fill them in when they send.';

COMMENT ON COLUMN prikke.secret.sealed IS 'AES-GCM by the keyring; the value leaves the database as this only.';

CREATE TABLE prikke.send_key (
    organization_id uuid NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    execution_id uuid NOT NULL,
    expires_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);

ALTER TABLE ONLY prikke.send_key FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.send_key IS 'Which execution a send''s key stands for. Valid while that one is live, or until expires_at; overwritten after.';

CREATE TABLE prikke.session (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    signed_in_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    address text,
    agent text,
    CONSTRAINT session_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY prikke.session FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.session IS 'Browsers that are signed in. A session ends 14 days after it was last seen, or by being removed.';

COMMENT ON COLUMN prikke.session.token_hash IS 'SHA-256 of what the cookie holds.';

COMMENT ON COLUMN prikke.session.last_seen_at IS 'Written at most every five minutes.';

CREATE TABLE prikke.setting (
    name text NOT NULL,
    value jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT prikke.clock() NOT NULL
);

ALTER TABLE ONLY prikke.setting FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.setting IS 'What SQL needs to know of the configuration, published by install and up: release, limits, plans, retention, allowed targets.';

CREATE TABLE prikke.sign_in (
    id uuid NOT NULL,
    email text NOT NULL COLLATE pg_catalog."C",
    token_hash bytea NOT NULL,
    wanted boolean NOT NULL,
    organization_name text,
    user_id uuid,
    address text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT sign_in_hash_is_sha256 CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY prikke.sign_in FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.sign_in IS 'Links for signing in that were asked for: each is good for one address, once, for 15 minutes. Kept a day, since they are counted.';

COMMENT ON COLUMN prikke.sign_in.token_hash IS 'SHA-256 of the token in the link, which has 32 random bytes.';

COMMENT ON COLUMN prikke.sign_in.wanted IS 'Whether a mail was to be sent; where nobody may sign up with the address, none was, and the asker cannot tell.';

COMMENT ON COLUMN prikke.sign_in.organization_name IS 'What somebody new wants the first organization to be called.';

COMMENT ON COLUMN prikke.sign_in.user_id IS 'Whose address becomes this one; null: a plain sign-in.';

CREATE TABLE prikke.signing_secret (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    sealed bytea,
    keyring_id text,
    created_at timestamp with time zone DEFAULT prikke.clock() NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT signing_secret_sealed_with_key CHECK (((sealed IS NULL) = (keyring_id IS NULL)))
);

ALTER TABLE ONLY prikke.signing_secret FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.signing_secret IS 'Secrets that sign an organization''s deliveries, sealed by the application.';

COMMENT ON COLUMN prikke.signing_secret.sealed IS 'AES-GCM by the keyring; null is the wish for a new one, which a runner or web process grants before the next delivery.';

COMMENT ON COLUMN prikke.signing_secret.expires_at IS 'An older secret signs beside the new one until then; null: the current one.';

CREATE TABLE prikke.stopped_key (
    organization_id uuid NOT NULL,
    ordering_key text NOT NULL COLLATE pg_catalog."C",
    execution_id uuid NOT NULL,
    stopped_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY prikke.stopped_key FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.stopped_key IS 'Ordering keys at a halt since an execution failed for good in a queue whose after_failure is stop.';

CREATE VIEW prikke.stuck_execution AS
 SELECT o.slug AS organization,
    d.name AS job,
        CASE
            WHEN ((e.lease_ends_at < prikke.clock()) AND (e.runner_id IS NULL)) THEN 'the receiver did not report completion in time: about to end as timeout'::text
            WHEN (e.lease_ends_at < (prikke.clock() - '00:01:00'::interval)) THEN 'its lease lapsed and nobody took it over: is a runner alive? see runner_status'::text
            WHEN (e.lease_ends_at < prikke.clock()) THEN 'its runner stopped renewing the lease: another is about to take it over'::text
            ELSE 'its runner holds it far longer than its timeout allows'::text
        END AS problem,
    ((r.host || ' process '::text) || r.process) AS runner,
    (prikke.clock() - r.seen_at) AS runner_silent_for,
    (prikke.clock() - e.claimed_at) AS running_for,
    (prikke.clock() - e.lease_ends_at) AS overdue,
    (e.attempt + 1) AS attempt,
    e.lost,
    e.queue,
    e.scheduled_for,
    COALESCE(e.url, d.url) AS url,
    e.id,
    e.job_id,
    e.runner_id
   FROM (((prikke.live_execution e
     JOIN prikke.organization o ON ((o.id = e.organization_id)))
     LEFT JOIN prikke.job_definition d ON (((d.organization_id = e.organization_id) AND (d.id = e.job_id))))
     LEFT JOIN prikke.runner r ON ((r.id = e.runner_id)))
  WHERE (((e.status)::text = 'running'::text) AND ((e.lease_ends_at < prikke.clock()) OR ((e.runner_id IS NOT NULL) AND ((e.claimed_at + make_interval(secs => (((COALESCE(e.timeout_ms, d.timeout_ms))::numeric / 1000.0))::double precision)) < (prikke.clock() - '00:01:00'::interval)))))
  ORDER BY e.lease_ends_at;

COMMENT ON VIEW prikke.stuck_execution IS 'What is running and does not end: leases that lapsed, requests beyond their timeout. Empty while all is well. Example: select organization, job, problem, runner from prikke.stuck_execution;';

COMMENT ON COLUMN prikke.stuck_execution.overdue IS 'How long ago its lease ended; negative while its runner still renews it.';

COMMENT ON COLUMN prikke.stuck_execution.lost IS 'Runners lost over it in a row; the third ends it.';

CREATE VIEW prikke.table_health AS
 WITH family AS (
         SELECT (COALESCE(i.inhparent, c.oid))::regclass AS relation,
            bool_or((c.relkind = 'p'::"char")) AS partitioned,
            count(*) FILTER (WHERE c.relispartition) AS partitions,
            min((c.relname)::text) FILTER (WHERE c.relispartition) AS first_partition,
            max((c.relname)::text) FILTER (WHERE c.relispartition) AS last_partition,
            (sum(pg_total_relation_size((c.oid)::regclass)))::bigint AS bytes,
            (sum(pg_stat_get_live_tuples(c.oid)))::bigint AS rows,
            (sum(pg_stat_get_dead_tuples(c.oid)))::bigint AS dead_rows,
            max(GREATEST(pg_stat_get_last_autovacuum_time(c.oid), pg_stat_get_last_vacuum_time(c.oid))) AS vacuumed_at
           FROM (pg_class c
             LEFT JOIN pg_inherits i ON ((i.inhrelid = c.oid)))
          WHERE ((c.relnamespace = ('prikke'::regnamespace)::oid) AND (c.relkind = ANY (ARRAY['r'::"char", 'p'::"char"])))
          GROUP BY (COALESCE(i.inhparent, c.oid))::regclass
        ), relation AS (
         SELECT f.relation,
            f.partitioned,
            f.partitions,
            f.first_partition,
            f.last_partition,
            f.bytes,
            f.rows,
            f.dead_rows,
            f.vacuumed_at,
            ( SELECT (c.relname)::text AS relname
                   FROM pg_class c
                  WHERE (c.oid = (f.relation)::oid)) AS name,
            (to_regclass(format('prikke.%s_%s'::text, ( SELECT c.relname
                   FROM pg_class c
                  WHERE (c.oid = (f.relation)::oid)), to_char(((prikke.clock() AT TIME ZONE 'UTC'::text) + '1 day'::interval), 'YYYYMMDD'::text))) IS NOT NULL) AS has_tomorrow
           FROM family f
        ), holder(what, since, remedy) AS (
         SELECT format('process %s (%s, user %s) has a transaction open'::text, a.pid, COALESCE(NULLIF(a.application_name, ''::text), 'no name'::text), a.usename) AS format,
            a.xact_start,
            format('select pg_terminate_backend(%s);'::text, a.pid) AS format
           FROM pg_stat_activity a
          WHERE ((a.backend_xmin IS NOT NULL) AND (a.xact_start < (statement_timestamp() - '00:01:00'::interval)) AND (a.pid <> pg_backend_pid()) AND (a.backend_type <> ALL (ARRAY['walsender'::text, 'autovacuum worker'::text])))
        UNION ALL
         SELECT format('the transaction %L was prepared and never ended (owner %s, database %s)'::text, x.gid, x.owner, x.database) AS format,
            x.prepared,
            format('rollback prepared %L;'::text, x.gid) AS format
           FROM pg_prepared_xacts x
          WHERE (x.prepared < (statement_timestamp() - '00:01:00'::interval))
        ), slot(what, age, remedy) AS (
         SELECT format('replication slot %s (%s)'::text, s_1.slot_name,
                CASE
                    WHEN s_1.active THEN 'in use'::text
                    ELSE 'nobody reads it'::text
                END) AS format,
            GREATEST(age(s_1.xmin), age(s_1.catalog_xmin)) AS "greatest",
            format('select pg_drop_replication_slot(%L);'::text, s_1.slot_name) AS format
           FROM pg_replication_slots s_1
          WHERE ((s_1.xmin IS NOT NULL) OR (s_1.catalog_xmin IS NOT NULL))
        ), said(rank, state, subject, says, size, bytes, rows, dead_rows, vacuumed_at, partitions) AS (
         SELECT 1 AS "?column?",
                CASE
                    WHEN (r.partitioned AND (NOT r.has_tomorrow)) THEN 'act'::text
                    WHEN ((r.dead_rows > 10000) AND (r.dead_rows > r.rows)) THEN 'look'::text
                    WHEN ((r.name = ANY (ARRAY['live_execution'::text, 'job_state'::text, 'tally_change'::text, 'job_outcome'::text])) AND (r.bytes > 100000000) AND (r.bytes > (r.rows * 8192))) THEN 'look'::text
                    ELSE 'ok'::text
                END AS "case",
            r.name,
                CASE
                    WHEN (r.partitioned AND (NOT r.has_tomorrow)) THEN 'tomorrow''s partition is missing, so nothing is handed out; select prikke.keep_history(); says why'::text
                    WHEN r.partitioned THEN format('days %s to %s'::text, to_char((to_date("right"(r.first_partition, 8), 'YYYYMMDD'::text))::timestamp with time zone, 'YYYY-MM-DD'::text), to_char((to_date("right"(r.last_partition, 8), 'YYYYMMDD'::text))::timestamp with time zone, 'YYYY-MM-DD'::text))
                    WHEN ((r.dead_rows > 10000) AND (r.dead_rows > r.rows)) THEN 'more dead rows than living ones: autovacuum does not keep up, or something below holds an old snapshot'::text
                    WHEN ((r.name = ANY (ARRAY['live_execution'::text, 'job_state'::text, 'tally_change'::text, 'job_outcome'::text])) AND (r.bytes > 100000000) AND (r.bytes > (r.rows * 8192))) THEN format('large for what it holds, left from a backlog or a held snapshot; in a quiet hour: vacuum full %s;'::text, r.relation)
                    ELSE ''::text
                END AS "case",
            pg_size_pretty(r.bytes) AS pg_size_pretty,
            r.bytes,
            r.rows,
            r.dead_rows,
            r.vacuumed_at,
            NULLIF(r.partitions, 0) AS "nullif"
           FROM relation r
        UNION ALL
         SELECT 2,
                CASE
                    WHEN (h.since < (statement_timestamp() - '00:10:00'::interval)) THEN 'act'::text
                    ELSE 'look'::text
                END AS "case",
            'held snapshot'::text,
            format('%s since %s, %s ago: no dead row of that time can be removed, and deliveries slow down, up to five times; to end it: %s'::text, h.what, to_char(h.since, 'YYYY-MM-DD HH24:MI TZ'::text), justify_interval(date_trunc('minute'::text, (statement_timestamp() - h.since))), h.remedy) AS format,
            NULL::text,
            NULL::bigint,
            NULL::bigint,
            NULL::bigint,
            h.since,
            NULL::bigint
           FROM holder h
        UNION ALL
         SELECT 2,
                CASE
                    WHEN (s_1.age > 1000000) THEN 'act'::text
                    ELSE 'ok'::text
                END AS "case",
            'replication slot'::text,
                CASE
                    WHEN (s_1.age > 1000000) THEN format('%s is %s transactions behind: no dead row of that time can be removed; if its reader is gone: %s'::text, s_1.what, s_1.age, s_1.remedy)
                    ELSE format('%s is %s transactions behind'::text, s_1.what, s_1.age)
                END AS format,
            NULL::text,
            NULL::bigint,
            NULL::bigint,
            NULL::bigint,
            NULL::timestamp with time zone,
            NULL::bigint
           FROM slot s_1
        UNION ALL
         SELECT 3,
                CASE
                    WHEN ((current_setting('autovacuum'::text))::boolean AND (EXTRACT(epoch FROM (current_setting('autovacuum_naptime'::text))::interval) <= (15)::numeric)) THEN 'ok'::text
                    ELSE 'look'::text
                END AS "case",
            'autovacuum'::text,
                CASE
                    WHEN (NOT (current_setting('autovacuum'::text))::boolean) THEN 'autovacuum is off: the tables of Prikke grow without end'::text
                    WHEN (EXTRACT(epoch FROM (current_setting('autovacuum_naptime'::text))::interval) <= (15)::numeric) THEN format('looks every %s'::text, current_setting('autovacuum_naptime'::text))
                    ELSE format('looks every %s, which costs a third of the speed under load; in postgresql.conf: autovacuum_naptime = 5s'::text, current_setting('autovacuum_naptime'::text))
                END AS format,
            NULL::text,
            NULL::bigint,
            NULL::bigint,
            NULL::bigint,
            NULL::timestamp with time zone,
            NULL::bigint
        )
 SELECT state,
    subject,
    says,
    size,
    rows,
    dead_rows,
    vacuumed_at,
    partitions,
    bytes
   FROM said s
  ORDER BY
        CASE state
            WHEN 'act'::text THEN 1
            WHEN 'look'::text THEN 2
            ELSE 3
        END, rank, bytes DESC NULLS LAST, subject;

COMMENT ON VIEW prikke.table_health IS 'Sizes and dead rows of the tables, days of history, and what keeps the database from cleaning up, in words; what needs action comes first. Other logins'' transactions are seen by superusers and members of pg_read_all_stats. Example: select state, subject, says, size, dead_rows from prikke.table_health;';

COMMENT ON COLUMN prikke.table_health.state IS 'ok; look: it may cost speed; act: it will hurt soon.';

COMMENT ON COLUMN prikke.table_health.says IS 'What it means, and what to do.';

COMMENT ON COLUMN prikke.table_health.rows IS 'As the statistics have it, of all partitions together.';

COMMENT ON COLUMN prikke.table_health.vacuumed_at IS 'When it was last vacuumed; of a held snapshot: since when.';

CREATE TABLE prikke.tally (
    organization_id uuid NOT NULL,
    quarter_hour timestamp with time zone NOT NULL,
    job_id uuid,
    queue text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    status text NOT NULL,
    count bigint NOT NULL,
    first_attempts bigint NOT NULL,
    duration_ms bigint NOT NULL,
    durations bigint[] NOT NULL,
    lateness bigint[] NOT NULL
);

ALTER TABLE ONLY prikke.tally FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.tally IS 'Counts of ended executions by quarter hour; cards, percentiles, usage and metrics read these, never history. Kept 400 days.';

COMMENT ON COLUMN prikke.tally.status IS 'How they ended; or what else is counted: retry (attempts that are tried again), lost (leases that lapsed), refused (of the failed ones, those the guard would not send).';

COMMENT ON COLUMN prikke.tally.first_attempts IS 'How many of them had their first attempt here: what a plan counts.';

COMMENT ON COLUMN prikke.tally.durations IS 'Counts by duration of the last attempt; bounds in duration_bucket.';

COMMENT ON COLUMN prikke.tally.lateness IS 'Counts by lateness of the first request (start minus due); bounds in duration_bucket.';

CREATE TABLE prikke.tally_change (
    "position" bigint NOT NULL,
    organization_id uuid NOT NULL,
    quarter_hour timestamp with time zone NOT NULL,
    job_id uuid,
    queue text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    status text NOT NULL,
    count bigint NOT NULL,
    first_attempts bigint NOT NULL,
    duration_ms bigint NOT NULL,
    durations_ms integer[] NOT NULL,
    latenesses_ms integer[] NOT NULL
);

ALTER TABLE ONLY prikke.tally_change FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.tally_change IS 'Counts of completed batches, folded into tally by upkeep.';

COMMENT ON COLUMN prikke.tally_change.durations_ms IS 'Each attempt''s duration, sorted into buckets when folded.';

COMMENT ON COLUMN prikke.tally_change.latenesses_ms IS 'Start minus due time of each first attempt, in milliseconds.';

ALTER TABLE prikke.tally_change ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.tally_change_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.tally_total (
    kind text NOT NULL,
    status text NOT NULL,
    count bigint NOT NULL,
    duration_ms bigint NOT NULL,
    durations bigint[] NOT NULL,
    lateness_ms bigint NOT NULL,
    lateness bigint[] NOT NULL
);

ALTER TABLE ONLY prikke.tally_total FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.tally_total IS 'All that was ever folded into tally, over all organizations: counters that only rise, a few rows for metrics.';

COMMENT ON COLUMN prikke.tally_total.durations IS 'Counts by duration; bounds in duration_bucket.';

COMMENT ON COLUMN prikke.tally_total.lateness IS 'Counts by lateness of the first request; bounds in duration_bucket.';

CREATE TABLE prikke.time_zone (
    name text NOT NULL
);

ALTER TABLE ONLY prikke.time_zone FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.time_zone IS 'Time zones a schedule may name; filled by load_time_zones.';

COMMENT ON COLUMN prikke.time_zone.name IS 'IANA name, spelled exactly so.';

CREATE TABLE prikke.told (
    organization_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    job_id uuid,
    host text COLLATE pg_catalog."C",
    since timestamp with time zone NOT NULL,
    told_at timestamp with time zone NOT NULL,
    remind_at timestamp with time zone
);

ALTER TABLE ONLY prikke.told FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.told IS 'Troubles that a channel knows of and that are not over: what recovery and reminders are about.';

CREATE TABLE prikke.transition (
    organization_id uuid NOT NULL,
    "position" bigint NOT NULL,
    kind text NOT NULL,
    job_id uuid,
    host text COLLATE pg_catalog."C",
    execution_id uuid,
    at timestamp with time zone NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    once text COLLATE pg_catalog."C",
    routed boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY prikke.transition FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.transition IS 'Changes of state that people may want to hear of, appended by whoever sees them; notify tells them.';

COMMENT ON COLUMN prikke.transition.kind IS 'failing, recovered, missed, late, set_aside, gone, held, usage_80, usage_100, host_down, host_up, hook_loop.';

COMMENT ON COLUMN prikke.transition.once IS 'What is to be said only once: the month of a limit, the day of a loop.';

ALTER TABLE prikke.transition ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.transition_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE prikke.watch_failure ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME prikke.watch_failure_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE prikke.zone_state (
    timezone text NOT NULL,
    fingerprint text NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    replan_after uuid
);

ALTER TABLE ONLY prikke.zone_state FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE prikke.zone_state IS 'Fingerprint of the offsets of each zone in use, to notice when zone data changed.';

COMMENT ON COLUMN prikke.zone_state.fingerprint IS 'Empty for a zone that has vanished.';

COMMENT ON COLUMN prikke.zone_state.replan_after IS 'Jobs of this zone are being planned anew, up to this id so far; null: done.';

ALTER TABLE ONLY prikke.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.app_user
    ADD CONSTRAINT app_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prikke.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.billing_event
    ADD CONSTRAINT billing_event_pkey PRIMARY KEY (body_hash);

ALTER TABLE ONLY prikke.binding
    ADD CONSTRAINT binding_pkey PRIMARY KEY (role_name);

ALTER TABLE ONLY prikke.breaker_event
    ADD CONSTRAINT breaker_event_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.breaker
    ADD CONSTRAINT breaker_pkey PRIMARY KEY (organization_id, host);

ALTER TABLE ONLY prikke.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.execution_request
    ADD CONSTRAINT execution_request_pkey PRIMARY KEY (organization_id, execution_id, "position");

ALTER TABLE ONLY prikke.freed_key
    ADD CONSTRAINT freed_key_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.host_outcome
    ADD CONSTRAINT host_outcome_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (organization_id, key);

ALTER TABLE ONLY prikke.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.job_change
    ADD CONSTRAINT job_change_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.job_definition
    ADD CONSTRAINT job_definition_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.job_health
    ADD CONSTRAINT job_health_pkey PRIMARY KEY (organization_id, job_id);

ALTER TABLE ONLY prikke.job_outcome
    ADD CONSTRAINT job_outcome_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.job_state
    ADD CONSTRAINT job_state_pkey PRIMARY KEY (organization_id, job_id);

ALTER TABLE ONLY prikke.job_version
    ADD CONSTRAINT job_version_pkey PRIMARY KEY (organization_id, job_id, version);

ALTER TABLE ONLY prikke.live_execution
    ADD CONSTRAINT live_execution_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (organization_id, user_id);

ALTER TABLE ONLY prikke.migration_log
    ADD CONSTRAINT migration_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prikke.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (migration_hash);

ALTER TABLE ONLY prikke.migration_version
    ADD CONSTRAINT migration_version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY prikke.mute
    ADD CONSTRAINT mute_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (organization_id, channel_id, "position");

ALTER TABLE ONLY prikke.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (organization_id, channel_id, execution_id);

ALTER TABLE ONLY prikke.notification_rule
    ADD CONSTRAINT notification_rule_pkey PRIMARY KEY (organization_id);

ALTER TABLE ONLY prikke.organization
    ADD CONSTRAINT organization_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prikke.organization_tally
    ADD CONSTRAINT organization_tally_pkey PRIMARY KEY (organization_id, quarter_hour, kind, status);

ALTER TABLE ONLY prikke.organization_usage
    ADD CONSTRAINT organization_usage_pkey PRIMARY KEY (organization_id, day);

ALTER TABLE ONLY prikke.plan_hold
    ADD CONSTRAINT plan_hold_pkey PRIMARY KEY (organization_id);

ALTER TABLE ONLY prikke.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (organization_id, name);

ALTER TABLE ONLY prikke.queue_state
    ADD CONSTRAINT queue_state_pkey PRIMARY KEY (organization_id, queue);

ALTER TABLE ONLY prikke.refused_range
    ADD CONSTRAINT refused_range_pkey PRIMARY KEY (network);

ALTER TABLE ONLY prikke.request_rate
    ADD CONSTRAINT request_rate_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY prikke.runner
    ADD CONSTRAINT runner_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prikke.runner_sleep
    ADD CONSTRAINT runner_sleep_pkey PRIMARY KEY (runner_id);

ALTER TABLE ONLY prikke.secret
    ADD CONSTRAINT secret_pkey PRIMARY KEY (organization_id, name);

ALTER TABLE ONLY prikke.send_key
    ADD CONSTRAINT send_key_pkey PRIMARY KEY (organization_id, key);

ALTER TABLE ONLY prikke.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prikke.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (name);

ALTER TABLE ONLY prikke.sign_in
    ADD CONSTRAINT sign_in_pkey PRIMARY KEY (id);

ALTER TABLE ONLY prikke.signing_secret
    ADD CONSTRAINT signing_secret_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.stopped_key
    ADD CONSTRAINT stopped_key_pkey PRIMARY KEY (organization_id, ordering_key, execution_id);

ALTER TABLE ONLY prikke.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.tally_change
    ADD CONSTRAINT tally_change_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.tally_total
    ADD CONSTRAINT tally_total_pkey PRIMARY KEY (kind, status);

ALTER TABLE ONLY prikke.time_zone
    ADD CONSTRAINT time_zone_pkey PRIMARY KEY (name);

ALTER TABLE ONLY prikke.told
    ADD CONSTRAINT told_pkey PRIMARY KEY (organization_id, channel_id, subject);

ALTER TABLE ONLY prikke.transition
    ADD CONSTRAINT transition_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.watch_definition
    ADD CONSTRAINT watch_definition_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY prikke.watch_failure
    ADD CONSTRAINT watch_failure_pkey PRIMARY KEY (organization_id, "position");

ALTER TABLE ONLY prikke.watch_state
    ADD CONSTRAINT watch_state_pkey PRIMARY KEY (organization_id, watch_id);

ALTER TABLE ONLY prikke.zone_state
    ADD CONSTRAINT zone_state_pkey PRIMARY KEY (timezone);

CREATE UNIQUE INDEX api_key_by_name_in_public ON prikke.api_key USING btree (organization_id, public_id);

COMMENT ON INDEX prikke.api_key_by_name_in_public IS 'No two keys of an organization are called alike. create_key.';

CREATE INDEX api_key_by_public_id ON prikke.api_key USING btree (public_id);

COMMENT ON INDEX prikke.api_key_by_public_id IS 'Whose key is this? authenticate_key. Not unique, since a key is unique by 128 random bits and unique indexes begin with the organization.';

CREATE UNIQUE INDEX app_user_by_email ON prikke.app_user USING btree (email);

COMMENT ON INDEX prikke.app_user_by_email IS 'Whose address is this? complete_sign_in, create_user.';

CREATE INDEX audit_entry_by_age ON prikke.audit_entry USING brin (at);

COMMENT ON INDEX prikke.audit_entry_by_age IS 'Which may go? keep_history.';

CREATE UNIQUE INDEX audit_entry_by_id ON prikke.audit_entry USING btree (organization_id, id);

COMMENT ON INDEX prikke.audit_entry_by_id IS 'What was this change? revert, list_audit.';

CREATE INDEX audit_entry_by_subject ON prikke.audit_entry USING btree (organization_id, subject_kind, subject_id, "position");

COMMENT ON INDEX prikke.audit_entry_by_subject IS 'What happened to this? list_audit, list_versions, revert.';

CREATE INDEX billing_event_by_age ON prikke.billing_event USING btree (received_at);

COMMENT ON INDEX prikke.billing_event_by_age IS 'Which may go? settle_subscriptions.';

CREATE INDEX breaker_event_by_at ON prikke.breaker_event USING btree (at);

COMMENT ON INDEX prikke.breaker_event_by_at IS 'Which are older than history? keep_history.';

CREATE INDEX breaker_event_by_host ON prikke.breaker_event USING btree (organization_id, host, "position");

COMMENT ON INDEX prikke.breaker_event_by_host IS 'What became of this host? list_breaker_events.';

CREATE INDEX breaker_open_until ON prikke.breaker USING btree (open_until) WHERE (open_until IS NOT NULL);

COMMENT ON INDEX prikke.breaker_open_until IS 'Which breakers may let a probe through? free_timed_holds.';

CREATE INDEX execution_request_in_order ON prikke.execution_request USING btree ("position");

COMMENT ON INDEX prikke.execution_request_in_order IS 'What is asked for? apply_requests.';

CREATE INDEX host_outcome_in_order ON prikke.host_outcome USING btree ("position");

COMMENT ON INDEX prikke.host_outcome_in_order IS 'What is to be applied? apply_host_outcomes.';

CREATE INDEX idempotency_key_by_age ON prikke.idempotency_key USING brin (created_at);

COMMENT ON INDEX prikke.idempotency_key_by_age IS 'Which may go? purge_requests.';

CREATE INDEX invitation_by_age ON prikke.invitation USING btree (expires_at);

COMMENT ON INDEX prikke.invitation_by_age IS 'Which may go? purge_accounts.';

CREATE INDEX invitation_by_email ON prikke.invitation USING btree (email);

COMMENT ON INDEX prikke.invitation_by_email IS 'Who is waiting for this user? list_my_invitations.';

CREATE UNIQUE INDEX invitation_by_email_within ON prikke.invitation USING btree (organization_id, email);

COMMENT ON INDEX prikke.invitation_by_email_within IS 'One address, one invitation. invite_member.';

CREATE INDEX invitation_by_token ON prikke.invitation USING btree (token_hash) WHERE (token_hash IS NOT NULL);

COMMENT ON INDEX prikke.invitation_by_token IS 'Which invitation is this link? find_invitation. Not unique, since a token has 256 random bits and unique indexes begin with the organization.';

CREATE INDEX invitation_unmailed ON prikke.invitation USING btree (created_at) WHERE (token_hash IS NULL);

COMMENT ON INDEX prikke.invitation_unmailed IS 'Which invitations have no link yet? mail_invitations.';

CREATE INDEX job_change_in_order ON prikke.job_change USING btree ("position");

COMMENT ON INDEX prikke.job_change_in_order IS 'What is to be taken over? apply_job_changes.';

CREATE INDEX job_definition_by_creation ON prikke.job_definition USING btree (organization_id, created_at, id) WHERE (deleted_at IS NULL);

COMMENT ON INDEX prikke.job_definition_by_creation IS 'Jobs by age. list_jobs.';

CREATE UNIQUE INDEX job_definition_by_key ON prikke.job_definition USING btree (organization_id, key) WHERE ((key IS NOT NULL) AND (deleted_at IS NULL));

COMMENT ON INDEX prikke.job_definition_by_key IS 'Which job has this key? create_job, sync_jobs.';

CREATE INDEX job_definition_by_name ON prikke.job_definition USING btree (organization_id, name COLLATE "C", id) WHERE (deleted_at IS NULL);

COMMENT ON INDEX prikke.job_definition_by_name IS 'Jobs by name. list_jobs.';

CREATE INDEX job_definition_by_state ON prikke.job_definition USING btree (organization_id, enabled) WHERE (deleted_at IS NULL);

COMMENT ON INDEX prikke.job_definition_by_state IS 'How many are enabled? overview.';

CREATE INDEX job_definition_by_timezone ON prikke.job_definition USING btree (timezone, id) WHERE ((deleted_at IS NULL) AND (schedule_type = 'cron'::text));

COMMENT ON INDEX prikke.job_definition_by_timezone IS 'Which zones are in use, and by which jobs? check_time_zones.';

CREATE INDEX job_definition_deleted ON prikke.job_definition USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

COMMENT ON INDEX prikke.job_definition_deleted IS 'What may be purged? keep_history.';

CREATE INDEX job_definition_disabled ON prikke.job_definition USING btree (organization_id, name COLLATE "C", id) WHERE ((NOT enabled) AND (deleted_at IS NULL));

COMMENT ON INDEX prikke.job_definition_disabled IS 'Which jobs are disabled? list_jobs.';

CREATE INDEX job_definition_disabled_by_us ON prikke.job_definition USING btree (organization_id, paused_at) WHERE ((paused_by = 'prikke'::text) AND (NOT enabled) AND (deleted_at IS NULL));

COMMENT ON INDEX prikke.job_definition_disabled_by_us IS 'Which did the engine disable? attention.';

CREATE INDEX job_outcome_in_order ON prikke.job_outcome USING btree ("position");

COMMENT ON INDEX prikke.job_outcome_in_order IS 'What is to be folded? fold_outcomes.';

CREATE INDEX job_state_by_last_run ON prikke.job_state USING btree (organization_id, COALESCE(last_run_at, '-infinity'::timestamp with time zone), job_id);

COMMENT ON INDEX prikke.job_state_by_last_run IS 'Jobs by their last run. list_jobs.';

CREATE INDEX job_state_due ON prikke.job_state USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);

COMMENT ON INDEX prikke.job_state_due IS 'What is due? enqueue_due.';

CREATE INDEX job_state_failing ON prikke.job_state USING btree (organization_id, consecutive_failures) WHERE (consecutive_failures > 0);

COMMENT ON INDEX prikke.job_state_failing IS 'Which jobs fail? failing_job.';

CREATE INDEX job_state_series ON prikke.job_state USING btree (organization_id, job_id) WHERE (series_status IS NOT NULL);

COMMENT ON INDEX prikke.job_state_series IS 'Which jobs miss or skip due times just now? metrics.';

CREATE INDEX job_state_set_aside ON prikke.job_state USING btree (organization_id, set_aside_at) WHERE (set_aside_at IS NOT NULL);

COMMENT ON INDEX prikke.job_state_set_aside IS 'Which jobs are broken? failing_job.';

CREATE INDEX job_version_superseded ON prikke.job_version USING btree (superseded_at) WHERE (superseded_at IS NOT NULL);

COMMENT ON INDEX prikke.job_version_superseded IS 'Which versions may go? keep_history.';

CREATE INDEX live_execution_by_ordering_key ON prikke.live_execution USING btree (organization_id, ordering_key, scheduled_for, "position") WHERE (ordering_key IS NOT NULL);

COMMENT ON INDEX prikke.live_execution_by_ordering_key IS 'Who is first behind this key? claim_executions.';

CREATE INDEX live_execution_by_ref ON prikke.live_execution USING btree (organization_id, ref) WHERE (ref IS NOT NULL);

COMMENT ON INDEX prikke.live_execution_by_ref IS 'Which sends belong to this row of the caller? cancel_sends.';

CREATE INDEX live_execution_held ON prikke.live_execution USING btree (organization_id, held_by, queue, priority DESC, interval_class, due_at, "position") WHERE (held_by IS NOT NULL);

COMMENT ON INDEX prikke.live_execution_held IS 'Who is first of those held in this lane? free_held, why.';

CREATE INDEX live_execution_held_by_host ON prikke.live_execution USING btree (organization_id, host, priority DESC, interval_class, due_at, "position") WHERE (held_by = ANY (ARRAY['breaker'::text, 'host'::text]));

COMMENT ON INDEX prikke.live_execution_held_by_host IS 'Who is first of those held for this host? free_held.';

CREATE UNIQUE INDEX live_execution_once_per_due_time ON prikke.live_execution USING btree (organization_id, job_id, scheduled_for, (
CASE
    WHEN ((kind)::text = 'schedule'::text) THEN (0)::bigint
    ELSE "position"
END)) WHERE (job_id IS NOT NULL);

COMMENT ON INDEX prikke.live_execution_once_per_due_time IS 'Is a run of this job live? Also refuses a due time twice. enqueue_due, claim_executions.';

CREATE INDEX live_execution_ready ON prikke.live_execution USING btree (organization_id, queue, priority DESC, interval_class, due_at, "position") WHERE ready;

COMMENT ON INDEX prikke.live_execution_ready IS 'What may go next in this lane? claim_executions.';

CREATE INDEX live_execution_reporting ON prikke.live_execution USING btree (id) WHERE (((status)::text = 'running'::text) AND (runner_id IS NULL));

COMMENT ON INDEX prikke.live_execution_reporting IS 'Which execution does this completion token end? report_completion.';

CREATE INDEX live_execution_running ON prikke.live_execution USING btree (organization_id, queue, host, lease_ends_at) WHERE ((status)::text = 'running'::text);

COMMENT ON INDEX prikke.live_execution_running IS 'What runs in this lane, and to which host? Whose lease has lapsed? claim_executions, rescue_expired.';

CREATE INDEX live_execution_started_by_job ON prikke.live_execution USING btree (organization_id, job_id) WHERE ((claim_number > 0) AND (job_id IS NOT NULL));

COMMENT ON INDEX prikke.live_execution_started_by_job IS 'Is a run of this job under way? claim_executions.';

CREATE INDEX live_execution_started_by_ordering_key ON prikke.live_execution USING btree (organization_id, ordering_key) WHERE ((claim_number > 0) AND (ordering_key IS NOT NULL));

COMMENT ON INDEX prikke.live_execution_started_by_ordering_key IS 'Who holds this key? claim_executions.';

CREATE INDEX live_execution_upcoming ON prikke.live_execution USING btree (due_at) WHERE (((status)::text = 'pending'::text) AND (NOT ready) AND (held_by IS NULL));

COMMENT ON INDEX prikke.live_execution_upcoming IS 'What falls due next? enqueue_due.';

CREATE INDEX member_by_user ON prikke.member USING btree (user_id);

COMMENT ON INDEX prikke.member_by_user IS 'Where does this user belong? list_my_organizations.';

CREATE INDEX mute_by_end ON prikke.mute USING btree (ends_at);

COMMENT ON INDEX prikke.mute_by_end IS 'Which may go? purge_notifications.';

CREATE INDEX notice_by_look ON prikke.notice USING btree (look_at);

COMMENT ON INDEX prikke.notice_by_look IS 'What is to be looked at? gather_notices.';

CREATE INDEX notice_by_subject ON prikke.notice USING btree (organization_id, channel_id, subject, "position");

COMMENT ON INDEX prikke.notice_by_subject IS 'What else is waiting of this? gather_notices.';

CREATE INDEX notification_by_age ON prikke.notification USING btree (made_at);

COMMENT ON INDEX prikke.notification_by_age IS 'Which may go? purge_notifications.';

CREATE UNIQUE INDEX organization_by_slug ON prikke.organization USING btree (slug) WHERE (deleted_at IS NULL);

COMMENT ON INDEX prikke.organization_by_slug IS 'Which organization is this name? use_organization.';

CREATE INDEX organization_tally_by_age ON prikke.organization_tally USING btree (quarter_hour);

COMMENT ON INDEX prikke.organization_tally_by_age IS 'Which may go? keep_history.';

CREATE INDEX past_attempt_by_execution ON ONLY prikke.past_attempt USING btree (organization_id, execution_id, claim_number);

COMMENT ON INDEX prikke.past_attempt_by_execution IS 'What was tried before? get_execution.';

CREATE INDEX past_execution_by_finish ON ONLY prikke.past_execution USING btree (organization_id, finished_at);

COMMENT ON INDEX prikke.past_execution_by_finish IS 'What has ended since? keep_history, live pages.';

CREATE INDEX past_execution_by_id ON ONLY prikke.past_execution USING btree (organization_id, id);

COMMENT ON INDEX prikke.past_execution_by_id IS 'What became of this execution? get_execution.';

CREATE INDEX past_execution_by_job ON ONLY prikke.past_execution USING btree (organization_id, job_id, id) WHERE (job_id IS NOT NULL);

COMMENT ON INDEX prikke.past_execution_by_job IS 'What is the newest of this job? list_executions.';

CREATE INDEX past_execution_unsuccessful ON ONLY prikke.past_execution USING btree (organization_id, id) WHERE (status = ANY (ARRAY['failed'::text, 'timeout'::text]));

COMMENT ON INDEX prikke.past_execution_unsuccessful IS 'What failed? list_executions, failing_job.';

CREATE INDEX plan_hold_by_end ON prikke.plan_hold USING btree (free_at);

COMMENT ON INDEX prikke.plan_hold_by_end IS 'Whose month is over? free_timed_holds.';

CREATE INDEX queue_state_free ON prikke.queue_state USING btree (free_at) WHERE (free_at IS NOT NULL);

COMMENT ON INDEX prikke.queue_state_free IS 'Which rates let somebody through now? free_timed_holds.';

CREATE INDEX session_by_age ON prikke.session USING btree (last_seen_at);

COMMENT ON INDEX prikke.session_by_age IS 'Which may go? purge_accounts.';

CREATE UNIQUE INDEX session_by_token ON prikke.session USING btree (token_hash);

COMMENT ON INDEX prikke.session_by_token IS 'Whose session is this? authenticate_session.';

CREATE INDEX session_by_user ON prikke.session USING btree (user_id, created_at);

COMMENT ON INDEX prikke.session_by_user IS 'Where is this user signed in? list_sessions.';

CREATE INDEX sign_in_by_address ON prikke.sign_in USING btree (address, created_at);

COMMENT ON INDEX prikke.sign_in_by_address IS 'How many mails were asked for from there? request_sign_in.';

CREATE INDEX sign_in_by_age ON prikke.sign_in USING btree (created_at);

COMMENT ON INDEX prikke.sign_in_by_age IS 'Which may go? purge_accounts.';

CREATE INDEX sign_in_by_email ON prikke.sign_in USING btree (email, created_at);

COMMENT ON INDEX prikke.sign_in_by_email IS 'How many mails went to this address? request_sign_in.';

CREATE UNIQUE INDEX sign_in_by_token ON prikke.sign_in USING btree (token_hash);

COMMENT ON INDEX prikke.sign_in_by_token IS 'Which link is this? complete_sign_in.';

CREATE INDEX subscription_by_end ON prikke.subscription USING btree (granted_until_at) WHERE granting;

COMMENT ON INDEX prikke.subscription_by_end IS 'Whose time is over? settle_subscriptions.';

CREATE INDEX subscription_by_id ON prikke.subscription USING btree (id);

COMMENT ON INDEX prikke.subscription_by_id IS 'Whose subscription is this? apply_subscription. Not unique, since unique indexes begin with the organization; made one at a time under a lock.';

CREATE INDEX tally_by_age ON prikke.tally USING btree (quarter_hour);

COMMENT ON INDEX prikke.tally_by_age IS 'Which may go? keep_history.';

CREATE INDEX tally_by_job ON prikke.tally USING btree (organization_id, job_id, quarter_hour) WHERE (job_id IS NOT NULL);

COMMENT ON INDEX prikke.tally_by_job IS 'How does this job do? get_job.';

CREATE INDEX tally_change_in_order ON prikke.tally_change USING btree ("position");

COMMENT ON INDEX prikke.tally_change_in_order IS 'What is to be folded? fold_tallies.';

CREATE UNIQUE INDEX tally_key ON prikke.tally USING btree (organization_id, quarter_hour, job_id, queue, kind, status) NULLS NOT DISTINCT;

COMMENT ON INDEX prikke.tally_key IS 'Where does this count belong? fold_tallies.';

CREATE INDEX told_by_reminder ON prikke.told USING btree (remind_at) WHERE (remind_at IS NOT NULL);

COMMENT ON INDEX prikke.told_by_reminder IS 'Who is to be reminded? remind.';

CREATE INDEX transition_by_age ON prikke.transition USING btree (at);

COMMENT ON INDEX prikke.transition_by_age IS 'Which may go? purge_notifications.';

CREATE INDEX transition_by_job ON prikke.transition USING btree (organization_id, job_id, "position") WHERE (job_id IS NOT NULL);

COMMENT ON INDEX prikke.transition_by_job IS 'What became of this job? list_transitions.';

CREATE UNIQUE INDEX transition_once ON prikke.transition USING btree (organization_id, once) WHERE (once IS NOT NULL);

COMMENT ON INDEX prikke.transition_once IS 'Was this said already? note_transition.';

CREATE INDEX transition_unrouted ON prikke.transition USING btree ("position") WHERE (NOT routed);

COMMENT ON INDEX prikke.transition_unrouted IS 'What has nobody looked at yet? route_transitions.';

CREATE UNIQUE INDEX watch_definition_by_key ON prikke.watch_definition USING btree (organization_id, key) WHERE (key IS NOT NULL);

COMMENT ON INDEX prikke.watch_definition_by_key IS 'Is there a watch of this key? plan_watch.';

CREATE INDEX watch_failure_in_order ON prikke.watch_failure USING btree ("position");

COMMENT ON INDEX prikke.watch_failure_in_order IS 'What is to be folded? fold_watch_failures.';

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.api_key FOR EACH ROW EXECUTE FUNCTION prikke.record_change('key', 'id', '{secret_hash,last_used_at}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.binding FOR EACH ROW EXECUTE FUNCTION prikke.record_change('access', 'role_name', '{}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.channel FOR EACH ROW EXECUTE FUNCTION prikke.record_change('channel', 'id', '{}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.invitation FOR EACH ROW EXECUTE FUNCTION prikke.record_change('invitation', 'id', '{token_hash,invited_by,expires_at}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.job_definition FOR EACH ROW EXECUTE FUNCTION prikke.record_change('job', 'id', '{schedule_type,masks,seed,anchored_at,interval_minutes,version,plan_version,planned_at,planned_next_at}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.member FOR EACH ROW EXECUTE FUNCTION prikke.record_change('member', 'user_id', '{user_id,joined_at}');

CREATE TRIGGER audit AFTER INSERT ON prikke.mute FOR EACH ROW EXECUTE FUNCTION prikke.record_change('mute', 'id', '{}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.notification_rule FOR EACH ROW EXECUTE FUNCTION prikke.record_change('notification_rules', 'organization_id', '{}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.organization FOR EACH ROW EXECUTE FUNCTION prikke.record_change('organization', 'id', '{secrets_changed_at}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.queue FOR EACH ROW EXECUTE FUNCTION prikke.record_change('queue', 'name', '{}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.secret FOR EACH ROW EXECUTE FUNCTION prikke.record_change('secret', 'name', '{keyring_id,name}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.signing_secret FOR EACH ROW EXECUTE FUNCTION prikke.record_change('signing_secret', 'id', '{sealed,keyring_id}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.subscription FOR EACH ROW EXECUTE FUNCTION prikke.record_change('subscription', 'id', '{payment_at,granted_until_at,granting,provider_updated_at}');

CREATE TRIGGER audit AFTER INSERT OR DELETE OR UPDATE ON prikke.watch_definition FOR EACH ROW EXECUTE FUNCTION prikke.record_change('watch', 'id', '{object_name,made_by}');

CREATE TRIGGER audit_end AFTER DELETE ON prikke.mute FOR EACH ROW WHEN ((old.ends_at > prikke.clock())) EXECUTE FUNCTION prikke.record_change('mute', 'id', '{}');

CREATE TRIGGER free_plan_limits AFTER UPDATE OF tier, limits ON prikke.organization FOR EACH ROW WHEN (((old.tier <> new.tier) OR (old.limits <> new.limits))) EXECUTE FUNCTION prikke.free_plan_limits();

CREATE TRIGGER keep BEFORE UPDATE OR TRUNCATE ON prikke.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION prikke.keep_audit();

CREATE TRIGGER prepare BEFORE INSERT OR UPDATE ON prikke.job_definition FOR EACH ROW EXECUTE FUNCTION prikke.prepare_job();

CREATE TRIGGER record AFTER INSERT OR UPDATE ON prikke.job_definition FOR EACH ROW EXECUTE FUNCTION prikke.record_job();

ALTER TABLE ONLY prikke.member
    ADD CONSTRAINT member_user_id_fkey FOREIGN KEY (user_id) REFERENCES prikke.app_user(id) ON DELETE CASCADE;

ALTER TABLE ONLY prikke.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES prikke.app_user(id) ON DELETE CASCADE;
