//! `v_call` as the first version of the schema made it. Version 4 put another in its place; the text of a version that is
//! out never changes.

use super::views::answered;

/// The view, and the empty line that followed it.
pub(super) const FIRST_CALL: &str = concat!(
    "CREATE VIEW v_call AS
-- One row a call, with the names that held when it ended. 'Own' is the side of the call that is ours: the caller of an
-- outbound call, the callee of any other. Site, department and cost centre come from the record itself; where Zoom left
-- them empty, from the role membership valid at the call's end, then from the phone user, then from the user.
-- All times are UTC; durations are in seconds.
SELECT
  c.call_history_uuid, c.call_id, c.direction, c.connect_type, c.call_type, c.call_result, c.international,
  c.start_time, c.answer_time, c.end_time, c.duration,
  c.call_result IN ", answered!(), " AS answered,
  CAST(strftime('%s', COALESCE(c.answer_time, c.end_time)) - strftime('%s', c.start_time) AS INTEGER) AS wait_seconds,
  CAST(strftime('%s', c.end_time) - strftime('%s', c.answer_time) AS INTEGER) AS talk_seconds,
  COALESCE(NULLIF(c.caller_name, ''), caller.name) AS caller_name,
  COALESCE(NULLIF(c.caller_email, ''), caller.email) AS caller_email,
  COALESCE(c.caller_did_number_e164, NULLIF(c.caller_did_number, ''), c.caller_ext_number) AS caller_number,
  c.caller_ext_id, c.caller_ext_number, c.caller_ext_type,
  COALESCE(NULLIF(c.callee_name, ''), callee.name) AS callee_name,
  COALESCE(NULLIF(c.callee_email, ''), callee.email) AS callee_email,
  COALESCE(c.callee_did_number_e164, NULLIF(c.callee_did_number, ''), c.callee_ext_number) AS callee_number,
  c.callee_ext_id, c.callee_ext_number, c.callee_ext_type,
  own.id AS user_id,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_name ELSE c.callee_name END, ''), own.name) AS user_name,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_email ELSE c.callee_email END, ''), own.email) AS user_email,
  COALESCE(NULLIF(c.site_id, ''), own.site_id) AS site_id,
  COALESCE(NULLIF(c.site_name, ''),
    (SELECT s.name FROM phone_site s WHERE s.id = COALESCE(NULLIF(c.site_id, ''), own.site_id)), own.site_name) AS site_name,
  COALESCE(NULLIF(c.department, ''),
    (SELECT NULLIF(m.department, '') FROM zoom_role_member m
      WHERE m.id = own.id AND m.valid_from <= c.end_time AND (m.valid_to IS NULL OR m.valid_to > c.end_time)
        AND m.department <> '' ORDER BY m.valid_from DESC LIMIT 1),
    NULLIF(own.department, ''), (SELECT NULLIF(u.dept, '') FROM zoom_user u WHERE u.id = own.id)) AS department,
  COALESCE(NULLIF(c.cost_center, ''), own.cost_center) AS cost_center,
  (SELECT group_concat(g.name, '; ') FROM zoom_group_member m JOIN zoom_group g ON g.id = m.group_id
    WHERE m.id = own.id AND m.valid_from <= c.end_time AND (m.valid_to IS NULL OR m.valid_to > c.end_time)) AS user_groups,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN c.callee_ext_id
       WHEN c.caller_ext_type = 'call_queue' THEN c.caller_ext_id END AS queue_ext_id,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.callee_name, ''),
         (SELECT q.name FROM call_queue q WHERE q.extension_id = c.callee_ext_id ORDER BY q.removed_at IS NOT NULL LIMIT 1))
       WHEN c.caller_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.caller_name, ''),
         (SELECT q.name FROM call_queue q WHERE q.extension_id = c.caller_ext_id ORDER BY q.removed_at IS NOT NULL LIMIT 1))
  END AS queue_name,
  c.recording_status, c.spam, c.first_seen_at, c.changed_at, c.deleted_at
FROM (
  -- An extension can pass from one person to the next: whoever had it when the call ended, else whoever ever had it.
  -- In two steps, because SQLite before 3.41 does not see the call from a subquery's ORDER BY.
  SELECT h.*,
    COALESCE(
      (SELECT p.id FROM phone_user p WHERE p.extension_id = h.caller_ext_id
        AND (p.removed_at IS NULL OR p.removed_at > h.end_time) ORDER BY p.first_seen_at, p.id LIMIT 1),
      (SELECT p.id FROM phone_user p WHERE p.extension_id = h.caller_ext_id ORDER BY p.first_seen_at, p.id LIMIT 1)
    ) AS caller_user,
    COALESCE(
      (SELECT p.id FROM phone_user p WHERE p.extension_id = h.callee_ext_id
        AND (p.removed_at IS NULL OR p.removed_at > h.end_time) ORDER BY p.first_seen_at, p.id LIMIT 1),
      (SELECT p.id FROM phone_user p WHERE p.extension_id = h.callee_ext_id ORDER BY p.first_seen_at, p.id LIMIT 1)
    ) AS callee_user
  FROM call_history h
) c
LEFT JOIN phone_user caller ON caller.id = c.caller_user
LEFT JOIN phone_user callee ON callee.id = c.callee_user
LEFT JOIN phone_user own ON own.id = CASE c.direction WHEN 'outbound' THEN c.caller_user ELSE c.callee_user END;

"
);
