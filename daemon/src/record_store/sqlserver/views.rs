//! Reporting views in T-SQL. They read nothing but the tables, so they can be replaced by any later schema version.

/// Call results that mean that somebody talked to somebody.
macro_rules! answered {
    () => {
        "('answered', 'accepted', 'picked_up', 'connected', 'succeeded')"
    };
}
pub(super) use answered;

/// Views beside `v_call`, in an order in which each finds what it reads; each is a batch of its own.
pub(super) const SUMS: [&str; 3] = [CALL_DAILY, USER_DAILY, QUEUE_DAILY];

/// What held of an entry of the directory when a call ended: its newest placement that had begun by then; of a call that
/// is older than all of them the earliest, which is the best that is known.
macro_rules! as_of {
    ($what:literal, $entity:literal, $by:literal, $key:literal, $when:literal) => {
        concat!(
            "COALESCE(
      (SELECT TOP (1) ",
            $what,
            " FROM dbo.directory_placement p WHERE p.entity = '",
            $entity,
            "' AND p.",
            $by,
            " = ",
            $key,
            "
        AND p.valid_from <= ",
            $when,
            " ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) ",
            $what,
            " FROM dbo.directory_placement p WHERE p.entity = '",
            $entity,
            "' AND p.",
            $by,
            " = ",
            $key,
            "
        ORDER BY p.valid_from, p.id))"
        )
    };
}

/// The name of an entry when a call ended.
macro_rules! name_as_of {
    ($entity:literal, $by:literal, $key:literal) => {
        concat!(
            "NULLIF(",
            as_of!("COALESCE(p.name, N'')", $entity, $by, $key, "c.as_of"),
            ", N'')"
        )
    };
}

/// One row a call.
pub(super) const CALL: &str = concat!(
    "CREATE VIEW dbo.v_call AS
-- One row a call, with the names that held when it ended. 'Own' is the side of the call that is ours: the caller of an
-- outbound call, the callee of any other. Site, department and cost centre come from the record itself; where Zoom left
-- them empty, from the role membership valid at the call's end, then from the phone user, then from the user, as they
-- were when the call ended, or as they were first seen if that was later. Addresses are today's.
-- All times are UTC; durations are in seconds.
SELECT
  c.call_history_uuid, c.call_id, c.direction, c.connect_type, c.call_type, c.call_result, c.international,
  c.start_time, c.answer_time, c.end_time, c.duration,
  CASE WHEN c.call_result IN ",
    answered!(),
    " THEN 1 WHEN c.call_result IS NOT NULL THEN 0 END AS answered,
  DATEDIFF_BIG(second, c.start_time, COALESCE(c.answer_time, c.end_time)) AS wait_seconds,
  DATEDIFF_BIG(second, c.answer_time, c.end_time) AS talk_seconds,
  COALESCE(NULLIF(c.caller_name, N''), caller.name) AS caller_name,
  COALESCE(NULLIF(c.caller_email, N''), (SELECT u.email FROM dbo.phone_user u WHERE u.id = caller.id)) AS caller_email,
  COALESCE(CAST(c.caller_did_number_e164 AS nvarchar(400)) COLLATE DATABASE_DEFAULT, NULLIF(c.caller_did_number, N''), c.caller_ext_number) AS caller_number,
  c.caller_ext_id, c.caller_ext_number, c.caller_ext_type,
  COALESCE(NULLIF(c.callee_name, N''), callee.name) AS callee_name,
  COALESCE(NULLIF(c.callee_email, N''), (SELECT u.email FROM dbo.phone_user u WHERE u.id = callee.id)) AS callee_email,
  COALESCE(CAST(c.callee_did_number_e164 AS nvarchar(400)) COLLATE DATABASE_DEFAULT, NULLIF(c.callee_did_number, N''), c.callee_ext_number) AS callee_number,
  c.callee_ext_id, c.callee_ext_number, c.callee_ext_type,
  own.id AS user_id,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_name ELSE c.callee_name END, N''), own.name) AS user_name,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_email ELSE c.callee_email END, N''),
    (SELECT u.email FROM dbo.phone_user u WHERE u.id = own.id)) AS user_email,
  COALESCE(NULLIF(c.site_id, ''), own.site_id) AS site_id,
  COALESCE(NULLIF(c.site_name, N''),
    ",
    name_as_of!("phone_site", "id", "COALESCE(NULLIF(c.site_id, ''), own.site_id)"),
    ", own.site_name) AS site_name,
  COALESCE(NULLIF(c.department, N''),
    (SELECT TOP (1) m.department FROM dbo.zoom_role_member m
      WHERE m.id = own.id AND m.valid_from <= c.as_of AND (m.valid_to IS NULL OR m.valid_to > c.as_of)
        AND m.department <> N'' ORDER BY m.valid_from DESC, m.role_id),
    (SELECT TOP (1) m.department FROM dbo.zoom_role_member m
      WHERE m.id = own.id AND m.valid_from > c.as_of AND m.department <> N''
        AND m.valid_from = (SELECT MIN(f.valid_from) FROM dbo.zoom_role_member f WHERE f.id = own.id)
      ORDER BY m.role_id),
    NULLIF(own.department, N''),
    NULLIF(",
    as_of!("COALESCE(p.department, N'')", "zoom_user", "id", "own.id", "c.as_of"),
    ", N'')) AS department,
  COALESCE(NULLIF(c.cost_center, N''), own.cost_center) AS cost_center,
  (SELECT STRING_AGG(CAST(g.name AS nvarchar(max)), N'; ') FROM (SELECT ",
    name_as_of!("zoom_group", "id", "m.group_id"),
    " AS name FROM dbo.zoom_group_member m
    WHERE m.id = own.id AND m.valid_from <= c.as_of AND (m.valid_to IS NULL OR m.valid_to > c.as_of)) g) AS user_groups,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN c.callee_ext_id
       WHEN c.caller_ext_type = 'call_queue' THEN c.caller_ext_id END AS queue_ext_id,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.callee_name, N''), ",
    name_as_of!("call_queue", "extension_id", "c.callee_ext_id"),
    ")
       WHEN c.caller_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.caller_name, N''), ",
    name_as_of!("call_queue", "extension_id", "c.caller_ext_id"),
    ")
  END AS queue_name,
  c.recording_status, c.spam, c.first_seen_at, c.changed_at, c.deleted_at
FROM (
  -- An extension can pass from one person to the next, and so has the placements of all who had it.
  SELECT h.*, COALESCE(h.end_time, h.first_seen_at) AS as_of,
    ",
    as_of!("p.placement", "phone_user", "extension_id", "h.caller_ext_id", "COALESCE(h.end_time, h.first_seen_at)"),
    " AS caller_place,
    ",
    as_of!("p.placement", "phone_user", "extension_id", "h.callee_ext_id", "COALESCE(h.end_time, h.first_seen_at)"),
    " AS callee_place
  FROM dbo.call_history h
) c
LEFT JOIN dbo.directory_placement caller ON caller.placement = c.caller_place
LEFT JOIN dbo.directory_placement callee ON callee.placement = c.callee_place
LEFT JOIN dbo.directory_placement own ON own.placement = CASE c.direction WHEN 'outbound' THEN c.caller_place ELSE c.callee_place END;"
);

const CALL_DAILY: &str = "CREATE VIEW dbo.v_call_daily AS
-- Calls by UTC day of their end, site, department and direction. Calls that Zoom has deleted since still count.
SELECT
  CAST(end_time AS date) AS day, site_id, site_name, department, direction,
  COUNT_BIG(*) AS calls,
  SUM(answered) AS answered,
  SUM(CASE WHEN call_result = 'voicemail' THEN 1 ELSE 0 END) AS voicemail,
  SUM(CASE WHEN call_result = 'abandoned' THEN 1 ELSE 0 END) AS abandoned,
  SUM(CASE WHEN international = 1 THEN 1 ELSE 0 END) AS international,
  SUM(duration) AS duration_seconds,
  ROUND(AVG(CAST(duration AS float)), 1) AS average_duration_seconds,
  MAX(duration) AS longest_seconds
FROM dbo.v_call WHERE end_time IS NOT NULL
GROUP BY CAST(end_time AS date), site_id, site_name, department, direction;";

const USER_DAILY: &str = concat!(
    "CREATE VIEW dbo.v_user_daily AS
-- Calls by UTC day of their end and user. A call between two users counts once for each, as made and as received.
SELECT
  sides.day, sides.ext_id, MAX(sides.user_name) AS user_name, MAX(sides.user_email) AS user_email,
  SUM(sides.made) AS calls_made,
  SUM(CASE WHEN sides.made = 1 THEN sides.answered ELSE 0 END) AS calls_made_answered,
  SUM(1 - sides.made) AS calls_received,
  SUM(CASE WHEN sides.made = 0 THEN sides.answered ELSE 0 END) AS calls_received_answered,
  SUM(CASE WHEN sides.made = 1 THEN sides.duration ELSE 0 END) AS made_seconds,
  SUM(CASE WHEN sides.made = 1 THEN 0 ELSE sides.duration END) AS received_seconds
FROM (
  SELECT CAST(c.end_time AS date) AS day, c.caller_ext_id AS ext_id, 1 AS made, c.duration,
    CASE WHEN c.call_result IN ",
    answered!(),
    " THEN 1 ELSE 0 END AS answered, c.caller_name AS user_name, c.caller_email AS user_email
  FROM dbo.call_history c WHERE c.caller_ext_type = 'user' AND c.end_time IS NOT NULL
  UNION ALL
  SELECT CAST(c.end_time AS date), c.callee_ext_id, 0, c.duration,
    CASE WHEN c.call_result IN ",
    answered!(),
    " THEN 1 ELSE 0 END, c.callee_name, c.callee_email
  FROM dbo.call_history c WHERE c.callee_ext_type = 'user' AND c.end_time IS NOT NULL
) sides
GROUP BY sides.day, sides.ext_id;"
);

const QUEUE_DAILY: &str = "CREATE VIEW dbo.v_queue_daily AS
-- Calls by UTC day of their end and call queue. wait is the time from the start until somebody answered.
SELECT
  CAST(end_time AS date) AS day, queue_ext_id, queue_name,
  COUNT_BIG(*) AS calls,
  SUM(answered) AS answered,
  SUM(CASE WHEN call_result = 'abandoned' THEN 1 ELSE 0 END) AS abandoned,
  SUM(CASE WHEN call_result = 'overflowed' THEN 1 ELSE 0 END) AS overflowed,
  SUM(CASE WHEN call_result = 'voicemail' THEN 1 ELSE 0 END) AS voicemail,
  ROUND(AVG(CASE WHEN answered = 1 THEN CAST(wait_seconds AS float) END), 1) AS average_wait_seconds,
  MAX(CASE WHEN answered = 1 THEN wait_seconds END) AS longest_wait_seconds,
  SUM(duration) AS duration_seconds
FROM dbo.v_call WHERE queue_ext_id IS NOT NULL AND end_time IS NOT NULL
GROUP BY CAST(end_time AS date), queue_ext_id, queue_name;";
