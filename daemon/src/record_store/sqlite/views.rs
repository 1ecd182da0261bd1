//! Reporting views. They read nothing but the tables, so they can be replaced by any later schema version.

/// Call results that mean that somebody talked to somebody.
macro_rules! answered {
    () => {
        "('answered', 'accepted', 'picked_up', 'connected', 'succeeded')"
    };
}
pub(super) use answered;

/// What held of an entry of the directory when a call ended: its newest placement that had begun by then; of a call that
/// is older than all of them the earliest, which is the best that is known.
macro_rules! as_of {
    ($what:literal, $entity:literal, $by:literal, $key:literal, $when:literal) => {
        concat!(
            "COALESCE(
      (SELECT ",
            $what,
            " FROM directory_placement p WHERE p.entity = '",
            $entity,
            "' AND p.",
            $by,
            " = ",
            $key,
            "
        AND p.valid_from <= ",
            $when,
            " ORDER BY p.valid_from DESC, p.id DESC LIMIT 1),
      (SELECT ",
            $what,
            " FROM directory_placement p WHERE p.entity = '",
            $entity,
            "' AND p.",
            $by,
            " = ",
            $key,
            "
        ORDER BY p.valid_from, p.id LIMIT 1))"
        )
    };
}

/// The name of an entry when a call ended.
macro_rules! name_as_of {
    ($entity:literal, $by:literal, $key:literal) => {
        concat!(
            "NULLIF(",
            as_of!("COALESCE(p.name, '')", $entity, $by, $key, "c.as_of"),
            ", '')"
        )
    };
}

/// One row a call.
pub(super) const CALL: &str = concat!(
    "CREATE VIEW v_call AS
-- One row a call, with the names that held when it ended. 'Own' is the side of the call that is ours: the caller of an
-- outbound call, the callee of any other. Site, department and cost centre come from the record itself; where Zoom left
-- them empty, from the role membership valid at the call's end, then from the phone user, then from the user, as they
-- were when the call ended, or as they were first seen if that was later. Addresses are today's.
-- All times are UTC; durations are in seconds.
SELECT
  c.call_history_uuid, c.call_id, c.direction, c.connect_type, c.call_type, c.call_result, c.international,
  c.start_time, c.answer_time, c.end_time, c.duration,
  c.call_result IN ", answered!(), " AS answered,
  CAST(strftime('%s', COALESCE(c.answer_time, c.end_time)) - strftime('%s', c.start_time) AS INTEGER) AS wait_seconds,
  CAST(strftime('%s', c.end_time) - strftime('%s', c.answer_time) AS INTEGER) AS talk_seconds,
  COALESCE(NULLIF(c.caller_name, ''), caller.name) AS caller_name,
  COALESCE(NULLIF(c.caller_email, ''), (SELECT u.email FROM phone_user u WHERE u.id = caller.id)) AS caller_email,
  COALESCE(c.caller_did_number_e164, NULLIF(c.caller_did_number, ''), c.caller_ext_number) AS caller_number,
  c.caller_ext_id, c.caller_ext_number, c.caller_ext_type,
  COALESCE(NULLIF(c.callee_name, ''), callee.name) AS callee_name,
  COALESCE(NULLIF(c.callee_email, ''), (SELECT u.email FROM phone_user u WHERE u.id = callee.id)) AS callee_email,
  COALESCE(c.callee_did_number_e164, NULLIF(c.callee_did_number, ''), c.callee_ext_number) AS callee_number,
  c.callee_ext_id, c.callee_ext_number, c.callee_ext_type,
  own.id AS user_id,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_name ELSE c.callee_name END, ''), own.name) AS user_name,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_email ELSE c.callee_email END, ''),
    (SELECT u.email FROM phone_user u WHERE u.id = own.id)) AS user_email,
  COALESCE(NULLIF(c.site_id, ''), own.site_id) AS site_id,
  COALESCE(NULLIF(c.site_name, ''),
    ", name_as_of!("phone_site", "id", "COALESCE(NULLIF(c.site_id, ''), own.site_id)"), ", own.site_name) AS site_name,
  COALESCE(NULLIF(c.department, ''),
    (SELECT m.department FROM zoom_role_member m
      WHERE m.id = own.id AND m.valid_from <= c.as_of AND (m.valid_to IS NULL OR m.valid_to > c.as_of)
        AND m.department <> '' ORDER BY m.valid_from DESC, m.role_id LIMIT 1),
    (SELECT m.department FROM zoom_role_member m
      WHERE m.id = own.id AND m.valid_from > c.as_of AND m.department <> ''
        AND m.valid_from = (SELECT MIN(f.valid_from) FROM zoom_role_member f WHERE f.id = own.id)
      ORDER BY m.role_id LIMIT 1),
    NULLIF(own.department, ''),
    NULLIF(", as_of!("COALESCE(p.department, '')", "zoom_user", "id", "own.id", "c.as_of"), ", '')) AS department,
  COALESCE(NULLIF(c.cost_center, ''), own.cost_center) AS cost_center,
  (SELECT group_concat(", name_as_of!("zoom_group", "id", "m.group_id"), ", '; ') FROM zoom_group_member m
    WHERE m.id = own.id AND m.valid_from <= c.as_of AND (m.valid_to IS NULL OR m.valid_to > c.as_of)) AS user_groups,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN c.callee_ext_id
       WHEN c.caller_ext_type = 'call_queue' THEN c.caller_ext_id END AS queue_ext_id,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.callee_name, ''),
         ", name_as_of!("call_queue", "extension_id", "c.callee_ext_id"), ")
       WHEN c.caller_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.caller_name, ''),
         ", name_as_of!("call_queue", "extension_id", "c.caller_ext_id"), ")
  END AS queue_name,
  c.recording_status, c.spam, c.first_seen_at, c.changed_at, c.deleted_at
FROM (
  -- An extension can pass from one person to the next, and so has the placements of all who had it.
  SELECT h.*, COALESCE(h.end_time, h.first_seen_at) AS as_of,
    ", as_of!("p.placement", "phone_user", "extension_id", "h.caller_ext_id", "COALESCE(h.end_time, h.first_seen_at)"), " AS caller_place,
    ", as_of!("p.placement", "phone_user", "extension_id", "h.callee_ext_id", "COALESCE(h.end_time, h.first_seen_at)"), " AS callee_place
  FROM call_history h
) c
LEFT JOIN directory_placement caller ON caller.placement = c.caller_place
LEFT JOIN directory_placement callee ON callee.placement = c.callee_place
LEFT JOIN directory_placement own ON own.placement = CASE c.direction WHEN 'outbound' THEN c.caller_place ELSE c.callee_place END;
"
);

/// Sums over it, and of the users, in an order in which each finds what it reads.
pub(super) const SUMS: &str = concat!(
    "CREATE VIEW v_call_daily AS
-- Calls by UTC day of their end, site, department and direction. Calls that Zoom has deleted since still count.
SELECT
  substr(end_time, 1, 10) AS day, site_id, site_name, department, direction,
  COUNT(*) AS calls,
  SUM(answered) AS answered,
  SUM(call_result = 'voicemail') AS voicemail,
  SUM(call_result = 'abandoned') AS abandoned,
  SUM(international) AS international,
  SUM(duration) AS duration_seconds,
  ROUND(AVG(duration), 1) AS average_duration_seconds,
  MAX(duration) AS longest_seconds
FROM v_call WHERE end_time IS NOT NULL
GROUP BY substr(end_time, 1, 10), site_id, site_name, department, direction;

CREATE VIEW v_user_daily AS
-- Calls by UTC day of their end and user. A call between two users counts once for each, as made and as received.
SELECT
  day, ext_id, MAX(user_name) AS user_name, MAX(user_email) AS user_email,
  SUM(made) AS calls_made,
  SUM(made AND answered) AS calls_made_answered,
  SUM(NOT made) AS calls_received,
  SUM(NOT made AND answered) AS calls_received_answered,
  SUM(CASE WHEN made THEN duration ELSE 0 END) AS made_seconds,
  SUM(CASE WHEN made THEN 0 ELSE duration END) AS received_seconds
FROM (
  SELECT substr(c.end_time, 1, 10) AS day, c.caller_ext_id AS ext_id, 1 AS made, c.duration,
    COALESCE(c.call_result IN ",
    answered!(),
    ", 0) AS answered, c.caller_name AS user_name, c.caller_email AS user_email
  FROM call_history c WHERE c.caller_ext_type = 'user' AND c.end_time IS NOT NULL
  UNION ALL
  SELECT substr(c.end_time, 1, 10), c.callee_ext_id, 0, c.duration,
    COALESCE(c.call_result IN ",
    answered!(),
    ", 0), c.callee_name, c.callee_email
  FROM call_history c WHERE c.callee_ext_type = 'user' AND c.end_time IS NOT NULL
)
GROUP BY day, ext_id;

CREATE VIEW v_queue_daily AS
-- Calls by UTC day of their end and call queue. wait is the time from the start until somebody answered.
SELECT
  substr(end_time, 1, 10) AS day, queue_ext_id, queue_name,
  COUNT(*) AS calls,
  SUM(answered) AS answered,
  SUM(call_result = 'abandoned') AS abandoned,
  SUM(call_result = 'overflowed') AS overflowed,
  SUM(call_result = 'voicemail') AS voicemail,
  ROUND(AVG(CASE WHEN answered THEN wait_seconds END), 1) AS average_wait_seconds,
  MAX(CASE WHEN answered THEN wait_seconds END) AS longest_wait_seconds,
  SUM(duration) AS duration_seconds
FROM v_call WHERE queue_ext_id IS NOT NULL AND end_time IS NOT NULL
GROUP BY substr(end_time, 1, 10), queue_ext_id, queue_name;
"
);
