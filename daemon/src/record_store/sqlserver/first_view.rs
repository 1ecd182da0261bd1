//! `v_call` as the first version of the schema made it. Version 4 put another in its place; the text of a version that is
//! out never changes.

use super::views::answered;

/// Whoever had an extension when a call ended, else whoever ever had it.
macro_rules! holder {
    ($side:literal) => {
        concat!(
            "COALESCE(
      (SELECT TOP (1) p.id FROM dbo.phone_user p WHERE p.extension_id = h.",
            $side,
            "_ext_id
        AND (p.removed_at IS NULL OR p.removed_at > h.end_time) ORDER BY p.first_seen_at, p.id),
      (SELECT TOP (1) p.id FROM dbo.phone_user p WHERE p.extension_id = h.",
            $side,
            "_ext_id ORDER BY p.first_seen_at, p.id)
    ) AS ",
            $side,
            "_user"
        )
    };
}

/// The name that a queue has now, of one that is still there if there is one.
macro_rules! queue_name {
    ($side:literal) => {
        concat!(
            "COALESCE(NULLIF(c.",
            $side,
            "_name, N''),
         (SELECT TOP (1) q.name FROM dbo.call_queue q WHERE q.extension_id = c.",
            $side,
            "_ext_id
           ORDER BY CASE WHEN q.removed_at IS NULL THEN 0 ELSE 1 END, q.id))"
        )
    };
}

/// The view.
pub(super) const FIRST_CALL: &str = concat!(
    "CREATE VIEW dbo.v_call AS
-- One row a call, with the names that held when it ended. 'Own' is the side of the call that is ours: the caller of an
-- outbound call, the callee of any other. Site, department and cost centre come from the record itself; where Zoom left
-- them empty, from the role membership valid at the call's end, then from the phone user, then from the user.
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
  COALESCE(NULLIF(c.caller_email, N''), caller.email) AS caller_email,
  COALESCE(CAST(c.caller_did_number_e164 AS nvarchar(400)) COLLATE DATABASE_DEFAULT, NULLIF(c.caller_did_number, N''), c.caller_ext_number) AS caller_number,
  c.caller_ext_id, c.caller_ext_number, c.caller_ext_type,
  COALESCE(NULLIF(c.callee_name, N''), callee.name) AS callee_name,
  COALESCE(NULLIF(c.callee_email, N''), callee.email) AS callee_email,
  COALESCE(CAST(c.callee_did_number_e164 AS nvarchar(400)) COLLATE DATABASE_DEFAULT, NULLIF(c.callee_did_number, N''), c.callee_ext_number) AS callee_number,
  c.callee_ext_id, c.callee_ext_number, c.callee_ext_type,
  own.id AS user_id,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_name ELSE c.callee_name END, N''), own.name) AS user_name,
  COALESCE(NULLIF(CASE c.direction WHEN 'outbound' THEN c.caller_email ELSE c.callee_email END, N''), own.email) AS user_email,
  COALESCE(NULLIF(c.site_id, ''), own.site_id) AS site_id,
  COALESCE(NULLIF(c.site_name, N''),
    (SELECT s.name FROM dbo.phone_site s WHERE s.id = COALESCE(NULLIF(c.site_id, ''), own.site_id)), own.site_name) AS site_name,
  COALESCE(NULLIF(c.department, N''),
    (SELECT TOP (1) m.department FROM dbo.zoom_role_member m
      WHERE m.id = own.id AND m.valid_from <= c.end_time AND (m.valid_to IS NULL OR m.valid_to > c.end_time)
        AND m.department <> N'' ORDER BY m.valid_from DESC, m.role_id),
    NULLIF(own.department, N''), (SELECT NULLIF(u.dept, N'') FROM dbo.zoom_user u WHERE u.id = own.id)) AS department,
  COALESCE(NULLIF(c.cost_center, N''), own.cost_center) AS cost_center,
  (SELECT STRING_AGG(CAST(g.name AS nvarchar(max)), N'; ') FROM dbo.zoom_group_member m JOIN dbo.zoom_group g ON g.id = m.group_id
    WHERE m.id = own.id AND m.valid_from <= c.end_time AND (m.valid_to IS NULL OR m.valid_to > c.end_time)) AS user_groups,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN c.callee_ext_id
       WHEN c.caller_ext_type = 'call_queue' THEN c.caller_ext_id END AS queue_ext_id,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN ",
    queue_name!("callee"),
    "
       WHEN c.caller_ext_type = 'call_queue' THEN ",
    queue_name!("caller"),
    "
  END AS queue_name,
  c.recording_status, c.spam, c.first_seen_at, c.changed_at, c.deleted_at
FROM (
  -- An extension can pass from one person to the next: whoever had it when the call ended, else whoever ever had it.
  SELECT h.*,
    ",
    holder!("caller"),
    ",
    ",
    holder!("callee"),
    "
  FROM dbo.call_history h
) c
LEFT JOIN dbo.phone_user caller ON caller.id = c.caller_user
LEFT JOIN dbo.phone_user callee ON callee.id = c.callee_user
LEFT JOIN dbo.phone_user own ON own.id = CASE c.direction WHEN 'outbound' THEN c.caller_user ELSE c.callee_user END;"
);
