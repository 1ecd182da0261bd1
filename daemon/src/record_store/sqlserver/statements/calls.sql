-- == stage call_history
CREATE TABLE #call_history (
  stage_row bigint NOT NULL,
  [call_history_uuid] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [call_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [direction] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [international] bit NULL,
  [start_time] datetime2(0) NULL,
  [answer_time] datetime2(0) NULL,
  [end_time] datetime2(0) NULL,
  [duration] bigint NULL,
  [connect_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [sbc_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [sbc_name] nvarchar(400) NULL,
  [sip_group_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [sip_group_name] nvarchar(400) NULL,
  [call_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [call_result] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [hide_caller_id] bit NULL,
  [end_to_end] bit NULL,
  [caller_ext_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_did_number] nvarchar(400) NULL,
  [caller_ext_number] nvarchar(400) NULL,
  [caller_name] nvarchar(400) NULL,
  [caller_email] nvarchar(400) NULL,
  [caller_ext_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_number_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_device_type] nvarchar(400) NULL,
  [caller_country_iso_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_country_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_ext_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_did_number] nvarchar(400) NULL,
  [callee_ext_number] nvarchar(400) NULL,
  [callee_name] nvarchar(400) NULL,
  [callee_email] nvarchar(400) NULL,
  [callee_ext_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_number_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_device_type] nvarchar(400) NULL,
  [callee_country_iso_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_country_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [department] nvarchar(400) NULL,
  [cost_center] nvarchar(400) NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [group_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [spam] nvarchar(400) NULL,
  [recording_status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_account_code] nvarchar(400) NULL,
  [callee_account_code] nvarchar(400) NULL,
  [caller_did_number_e164] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_did_number_e164] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear call_history
TRUNCATE TABLE #call_history;
GO

-- == patch call_history extra
UPDATE #call_history SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == stage call_element
CREATE TABLE #call_element (
  stage_row bigint NOT NULL,
  [call_element_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [call_history_uuid] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [call_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [connect_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [call_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [direction] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [hide_caller_id] bit NULL,
  [end_to_end] bit NULL,
  [caller_ext_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_name] nvarchar(400) NULL,
  [caller_email] nvarchar(400) NULL,
  [caller_did_number] nvarchar(400) NULL,
  [caller_ext_number] nvarchar(400) NULL,
  [caller_ext_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_number_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_device_type] nvarchar(400) NULL,
  [caller_country_iso_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_country_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_ext_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_name] nvarchar(400) NULL,
  [callee_did_number] nvarchar(400) NULL,
  [callee_ext_number] nvarchar(400) NULL,
  [callee_email] nvarchar(400) NULL,
  [callee_ext_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_number_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_device_type] nvarchar(400) NULL,
  [callee_country_iso_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_country_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [client_code] nvarchar(400) NULL,
  [department] nvarchar(400) NULL,
  [cost_center] nvarchar(400) NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [group_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [start_time] datetime2(0) NULL,
  [answer_time] datetime2(0) NULL,
  [end_time] datetime2(0) NULL,
  [event] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [result] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [result_reason] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [device_private_ip] nvarchar(400) NULL,
  [device_public_ip] nvarchar(400) NULL,
  [operator_ext_number] nvarchar(400) NULL,
  [operator_ext_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [operator_ext_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [operator_name] nvarchar(400) NULL,
  [press_key] nvarchar(400) NULL,
  [segment] bigint NULL,
  [node] bigint NULL,
  [is_node] bigint NULL,
  [recording_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [recording_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [hold_time] bigint NULL,
  [waiting_time] bigint NULL,
  [voicemail_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_account_code] nvarchar(400) NULL,
  [callee_account_code] nvarchar(400) NULL,
  [caller_did_number_e164] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [callee_did_number_e164] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear call_element
TRUNCATE TABLE #call_element;
GO

-- == patch call_element extra
UPDATE #call_element SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == leave old calls
DELETE s FROM #call_history s WHERE s.end_time < CAST(@P1 AS datetime2(0))
  AND NOT EXISTS (SELECT 1 FROM dbo.call_history t WHERE t.call_history_uuid = s.call_history_uuid);
GO

-- == take in calls
DECLARE @added bigint, @changed bigint, @queued bigint, @again bigint;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[call_history_uuid] IS NULL THEN 1 ELSE 2 END
FROM #call_history s LEFT JOIN dbo.call_history t ON t.[call_history_uuid] = s.[call_history_uuid]
WHERE t.[call_history_uuid] IS NULL OR (t.erased_at IS NULL AND (t.deleted_at IS NOT NULL OR t.content_digest <> s.content_digest));
SET @queued = 0;

UPDATE t SET [call_id] = s.[call_id], [direction] = s.[direction], [international] = s.[international], [start_time] = s.[start_time], [answer_time] = s.[answer_time], [end_time] = s.[end_time], [duration] = s.[duration], [connect_type] = s.[connect_type], [sbc_id] = s.[sbc_id], [sbc_name] = s.[sbc_name], [sip_group_id] = s.[sip_group_id], [sip_group_name] = s.[sip_group_name], [call_type] = s.[call_type], [call_result] = s.[call_result], [hide_caller_id] = s.[hide_caller_id], [end_to_end] = s.[end_to_end], [caller_ext_id] = s.[caller_ext_id], [caller_did_number] = s.[caller_did_number], [caller_ext_number] = s.[caller_ext_number], [caller_name] = s.[caller_name], [caller_email] = s.[caller_email], [caller_ext_type] = s.[caller_ext_type], [caller_number_type] = s.[caller_number_type], [caller_device_type] = s.[caller_device_type], [caller_country_iso_code] = s.[caller_country_iso_code], [caller_country_code] = s.[caller_country_code], [callee_ext_id] = s.[callee_ext_id], [callee_did_number] = s.[callee_did_number], [callee_ext_number] = s.[callee_ext_number], [callee_name] = s.[callee_name], [callee_email] = s.[callee_email], [callee_ext_type] = s.[callee_ext_type], [callee_number_type] = s.[callee_number_type], [callee_device_type] = s.[callee_device_type], [callee_country_iso_code] = s.[callee_country_iso_code], [callee_country_code] = s.[callee_country_code], [department] = s.[department], [cost_center] = s.[cost_center], [site_id] = s.[site_id], [group_id] = s.[group_id], [site_name] = s.[site_name], [spam] = s.[spam], [recording_status] = s.[recording_status], [caller_account_code] = s.[caller_account_code], [callee_account_code] = s.[callee_account_code], [caller_did_number_e164] = s.[caller_did_number_e164], [callee_did_number_e164] = s.[callee_did_number_e164], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, deleted_at = NULL
FROM dbo.call_history t JOIN #call_history s ON t.[call_history_uuid] = s.[call_history_uuid] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;
INSERT INTO dbo.call_history ([call_history_uuid], [call_id], [direction], [international], [start_time], [answer_time], [end_time], [duration], [connect_type], [sbc_id], [sbc_name], [sip_group_id], [sip_group_name], [call_type], [call_result], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_did_number], [caller_ext_number], [caller_name], [caller_email], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_did_number], [callee_ext_number], [callee_name], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [department], [cost_center], [site_id], [group_id], [site_name], [spam], [recording_status], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[call_history_uuid], s.[call_id], s.[direction], s.[international], s.[start_time], s.[answer_time], s.[end_time], s.[duration], s.[connect_type], s.[sbc_id], s.[sbc_name], s.[sip_group_id], s.[sip_group_name], s.[call_type], s.[call_result], s.[hide_caller_id], s.[end_to_end], s.[caller_ext_id], s.[caller_did_number], s.[caller_ext_number], s.[caller_name], s.[caller_email], s.[caller_ext_type], s.[caller_number_type], s.[caller_device_type], s.[caller_country_iso_code], s.[caller_country_code], s.[callee_ext_id], s.[callee_did_number], s.[callee_ext_number], s.[callee_name], s.[callee_email], s.[callee_ext_type], s.[callee_number_type], s.[callee_device_type], s.[callee_country_iso_code], s.[callee_country_code], s.[department], s.[cost_center], s.[site_id], s.[group_id], s.[site_name], s.[spam], s.[recording_status], s.[caller_account_code], s.[callee_account_code], s.[caller_did_number_e164], s.[callee_did_number_e164], s.[extra], s.[content_digest], @P1, @P1
FROM #call_history s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
IF @added <> 0 UPDATE dbo.collection_counter SET value = value + @added WHERE name = 'records';

SELECT @added, @changed;
GO

-- == take in calls and queue elements
DECLARE @added bigint, @changed bigint, @queued bigint, @again bigint;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[call_history_uuid] IS NULL THEN 1 ELSE 2 END
FROM #call_history s LEFT JOIN dbo.call_history t ON t.[call_history_uuid] = s.[call_history_uuid]
WHERE t.[call_history_uuid] IS NULL OR (t.erased_at IS NULL AND (t.deleted_at IS NOT NULL OR t.content_digest <> s.content_digest));
SET @queued = 0;
SELECT @again = COUNT(*) FROM dbo.element_backlog b
JOIN #call_history s ON b.call_history_uuid = s.call_history_uuid JOIN #fate f ON f.stage_row = s.stage_row
WHERE b.state <> 'pending';
UPDATE b SET call_end_time = s.end_time, state = 'pending', attempts = 0, next_attempt_at = @P1, queued_at = @P1, reason = NULL
FROM dbo.element_backlog b
JOIN #call_history s ON b.call_history_uuid = s.call_history_uuid JOIN #fate f ON f.stage_row = s.stage_row;
INSERT INTO dbo.element_backlog (call_history_uuid, call_end_time, state, attempts, next_attempt_at, queued_at)
SELECT s.call_history_uuid, s.end_time, 'pending', 0, @P1, @P1
FROM #call_history s JOIN #fate f ON f.stage_row = s.stage_row
WHERE NOT EXISTS (SELECT 1 FROM dbo.element_backlog b WHERE b.call_history_uuid = s.call_history_uuid);
SET @queued = @@ROWCOUNT + @again;
UPDATE t SET [call_id] = s.[call_id], [direction] = s.[direction], [international] = s.[international], [start_time] = s.[start_time], [answer_time] = s.[answer_time], [end_time] = s.[end_time], [duration] = s.[duration], [connect_type] = s.[connect_type], [sbc_id] = s.[sbc_id], [sbc_name] = s.[sbc_name], [sip_group_id] = s.[sip_group_id], [sip_group_name] = s.[sip_group_name], [call_type] = s.[call_type], [call_result] = s.[call_result], [hide_caller_id] = s.[hide_caller_id], [end_to_end] = s.[end_to_end], [caller_ext_id] = s.[caller_ext_id], [caller_did_number] = s.[caller_did_number], [caller_ext_number] = s.[caller_ext_number], [caller_name] = s.[caller_name], [caller_email] = s.[caller_email], [caller_ext_type] = s.[caller_ext_type], [caller_number_type] = s.[caller_number_type], [caller_device_type] = s.[caller_device_type], [caller_country_iso_code] = s.[caller_country_iso_code], [caller_country_code] = s.[caller_country_code], [callee_ext_id] = s.[callee_ext_id], [callee_did_number] = s.[callee_did_number], [callee_ext_number] = s.[callee_ext_number], [callee_name] = s.[callee_name], [callee_email] = s.[callee_email], [callee_ext_type] = s.[callee_ext_type], [callee_number_type] = s.[callee_number_type], [callee_device_type] = s.[callee_device_type], [callee_country_iso_code] = s.[callee_country_iso_code], [callee_country_code] = s.[callee_country_code], [department] = s.[department], [cost_center] = s.[cost_center], [site_id] = s.[site_id], [group_id] = s.[group_id], [site_name] = s.[site_name], [spam] = s.[spam], [recording_status] = s.[recording_status], [caller_account_code] = s.[caller_account_code], [callee_account_code] = s.[callee_account_code], [caller_did_number_e164] = s.[caller_did_number_e164], [callee_did_number_e164] = s.[callee_did_number_e164], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, deleted_at = NULL
FROM dbo.call_history t JOIN #call_history s ON t.[call_history_uuid] = s.[call_history_uuid] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;
INSERT INTO dbo.call_history ([call_history_uuid], [call_id], [direction], [international], [start_time], [answer_time], [end_time], [duration], [connect_type], [sbc_id], [sbc_name], [sip_group_id], [sip_group_name], [call_type], [call_result], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_did_number], [caller_ext_number], [caller_name], [caller_email], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_did_number], [callee_ext_number], [callee_name], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [department], [cost_center], [site_id], [group_id], [site_name], [spam], [recording_status], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[call_history_uuid], s.[call_id], s.[direction], s.[international], s.[start_time], s.[answer_time], s.[end_time], s.[duration], s.[connect_type], s.[sbc_id], s.[sbc_name], s.[sip_group_id], s.[sip_group_name], s.[call_type], s.[call_result], s.[hide_caller_id], s.[end_to_end], s.[caller_ext_id], s.[caller_did_number], s.[caller_ext_number], s.[caller_name], s.[caller_email], s.[caller_ext_type], s.[caller_number_type], s.[caller_device_type], s.[caller_country_iso_code], s.[caller_country_code], s.[callee_ext_id], s.[callee_did_number], s.[callee_ext_number], s.[callee_name], s.[callee_email], s.[callee_ext_type], s.[callee_number_type], s.[callee_device_type], s.[callee_country_iso_code], s.[callee_country_code], s.[department], s.[cost_center], s.[site_id], s.[group_id], s.[site_name], s.[spam], s.[recording_status], s.[caller_account_code], s.[callee_account_code], s.[caller_did_number_e164], s.[callee_did_number_e164], s.[extra], s.[content_digest], @P1, @P1
FROM #call_history s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
IF @added <> 0 UPDATE dbo.collection_counter SET value = value + @added WHERE name = 'records';
IF @queued <> 0 UPDATE dbo.collection_counter SET value = value + @queued WHERE name = 'elements_pending';
SELECT @added, @changed;
GO

-- == keep a rejected record
DECLARE @kept bigint;
INSERT INTO dbo.rejected_record (entity, reason, json, digest, first_seen_at)
SELECT @P1, @P2, @P3, @P4, @P5
WHERE NOT EXISTS (SELECT 1 FROM dbo.rejected_record WHERE digest = @P4);
SET @kept = @@ROWCOUNT;
IF @kept <> 0 UPDATE dbo.collection_counter SET value = value + @kept WHERE name = 'rejected';
SELECT @kept;
GO

-- == take in elements
DECLARE @added bigint, @changed bigint, @vanished bigint, @done bigint, @staged bigint;
DELETE s FROM #call_element s JOIN dbo.call_history c ON c.call_history_uuid = s.call_history_uuid WHERE c.erased_at IS NOT NULL;
SELECT @staged = COUNT_BIG(*) FROM #call_element;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[call_element_id] IS NULL THEN 1 ELSE 2 END
FROM #call_element s LEFT JOIN dbo.call_element t ON t.[call_element_id] = s.[call_element_id] AND t.[call_history_uuid] = s.[call_history_uuid]
WHERE t.[call_element_id] IS NULL OR (t.erased_at IS NULL AND (t.deleted_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [call_id] = s.[call_id], [connect_type] = s.[connect_type], [call_type] = s.[call_type], [direction] = s.[direction], [hide_caller_id] = s.[hide_caller_id], [end_to_end] = s.[end_to_end], [caller_ext_id] = s.[caller_ext_id], [caller_name] = s.[caller_name], [caller_email] = s.[caller_email], [caller_did_number] = s.[caller_did_number], [caller_ext_number] = s.[caller_ext_number], [caller_ext_type] = s.[caller_ext_type], [caller_number_type] = s.[caller_number_type], [caller_device_type] = s.[caller_device_type], [caller_country_iso_code] = s.[caller_country_iso_code], [caller_country_code] = s.[caller_country_code], [callee_ext_id] = s.[callee_ext_id], [callee_name] = s.[callee_name], [callee_did_number] = s.[callee_did_number], [callee_ext_number] = s.[callee_ext_number], [callee_email] = s.[callee_email], [callee_ext_type] = s.[callee_ext_type], [callee_number_type] = s.[callee_number_type], [callee_device_type] = s.[callee_device_type], [callee_country_iso_code] = s.[callee_country_iso_code], [callee_country_code] = s.[callee_country_code], [client_code] = s.[client_code], [department] = s.[department], [cost_center] = s.[cost_center], [site_id] = s.[site_id], [group_id] = s.[group_id], [site_name] = s.[site_name], [start_time] = s.[start_time], [answer_time] = s.[answer_time], [end_time] = s.[end_time], [event] = s.[event], [result] = s.[result], [result_reason] = s.[result_reason], [device_private_ip] = s.[device_private_ip], [device_public_ip] = s.[device_public_ip], [operator_ext_number] = s.[operator_ext_number], [operator_ext_id] = s.[operator_ext_id], [operator_ext_type] = s.[operator_ext_type], [operator_name] = s.[operator_name], [press_key] = s.[press_key], [segment] = s.[segment], [node] = s.[node], [is_node] = s.[is_node], [recording_id] = s.[recording_id], [recording_type] = s.[recording_type], [hold_time] = s.[hold_time], [waiting_time] = s.[waiting_time], [voicemail_id] = s.[voicemail_id], [caller_account_code] = s.[caller_account_code], [callee_account_code] = s.[callee_account_code], [caller_did_number_e164] = s.[caller_did_number_e164], [callee_did_number_e164] = s.[callee_did_number_e164], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, deleted_at = NULL
FROM dbo.call_element t JOIN #call_element s ON t.[call_element_id] = s.[call_element_id] AND t.[call_history_uuid] = s.[call_history_uuid] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;
INSERT INTO dbo.call_element ([call_element_id], [call_history_uuid], [call_id], [connect_type], [call_type], [direction], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_name], [caller_email], [caller_did_number], [caller_ext_number], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_name], [callee_did_number], [callee_ext_number], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [client_code], [department], [cost_center], [site_id], [group_id], [site_name], [start_time], [answer_time], [end_time], [event], [result], [result_reason], [device_private_ip], [device_public_ip], [operator_ext_number], [operator_ext_id], [operator_ext_type], [operator_name], [press_key], [segment], [node], [is_node], [recording_id], [recording_type], [hold_time], [waiting_time], [voicemail_id], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[call_element_id], s.[call_history_uuid], s.[call_id], s.[connect_type], s.[call_type], s.[direction], s.[hide_caller_id], s.[end_to_end], s.[caller_ext_id], s.[caller_name], s.[caller_email], s.[caller_did_number], s.[caller_ext_number], s.[caller_ext_type], s.[caller_number_type], s.[caller_device_type], s.[caller_country_iso_code], s.[caller_country_code], s.[callee_ext_id], s.[callee_name], s.[callee_did_number], s.[callee_ext_number], s.[callee_email], s.[callee_ext_type], s.[callee_number_type], s.[callee_device_type], s.[callee_country_iso_code], s.[callee_country_code], s.[client_code], s.[department], s.[cost_center], s.[site_id], s.[group_id], s.[site_name], s.[start_time], s.[answer_time], s.[end_time], s.[event], s.[result], s.[result_reason], s.[device_private_ip], s.[device_public_ip], s.[operator_ext_number], s.[operator_ext_id], s.[operator_ext_type], s.[operator_name], s.[press_key], s.[segment], s.[node], s.[is_node], s.[recording_id], s.[recording_type], s.[hold_time], s.[waiting_time], s.[voicemail_id], s.[caller_account_code], s.[callee_account_code], s.[caller_did_number_e164], s.[callee_did_number_e164], s.[extra], s.[content_digest], @P1, @P1
FROM #call_element s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET deleted_at = @P1
FROM dbo.call_element t JOIN #fetched g ON g.call_history_uuid = t.call_history_uuid
LEFT JOIN dbo.call_history c ON c.call_history_uuid = t.call_history_uuid
WHERE t.deleted_at IS NULL AND c.erased_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM #call_element s WHERE t.[call_element_id] = s.[call_element_id] AND t.[call_history_uuid] = s.[call_history_uuid]);
SET @vanished = @@ROWCOUNT;
SELECT @done = COUNT_BIG(*) FROM dbo.element_backlog b JOIN #fetched g ON g.call_history_uuid = b.call_history_uuid
WHERE b.state = 'pending';
DELETE b FROM dbo.element_backlog b JOIN #fetched g ON g.call_history_uuid = b.call_history_uuid;
SET @done = -@done;
IF @added <> 0 UPDATE dbo.collection_counter SET value = value + @added WHERE name = 'elements';
IF @done <> 0 UPDATE dbo.collection_counter SET value = value + @done WHERE name = 'elements_pending';
SELECT @added, @changed + @vanished, @staged - @added - @changed;
GO

-- == give elements up
DECLARE @given bigint;
UPDATE dbo.element_backlog SET attempts = attempts + 1, state = 'given_up', reason = @P2
WHERE call_history_uuid = CAST(@P1 AS varchar(255)) AND state = 'pending';
SET @given = @@ROWCOUNT;
SET @given = -@given;
IF @given <> 0 UPDATE dbo.collection_counter SET value = value + @given WHERE name = 'elements_pending';
GO

-- == mark as deleted
DECLARE @calls bigint, @legs bigint, @named bigint, @pending bigint;
UPDATE t SET deleted_at = @P1 FROM dbo.call_history t JOIN #gone_call g ON g.id = t.call_history_uuid WHERE t.deleted_at IS NULL;
SET @calls = @@ROWCOUNT;
UPDATE t SET deleted_at = @P1 FROM dbo.call_element t JOIN #gone_call g ON g.id = t.call_history_uuid WHERE t.deleted_at IS NULL;
SET @legs = @@ROWCOUNT;
UPDATE t SET deleted_at = @P1 FROM dbo.call_element t JOIN #gone_element g ON g.id = t.call_element_id WHERE t.deleted_at IS NULL;
SET @named = @@ROWCOUNT;
SELECT @pending = COUNT_BIG(*) FROM dbo.element_backlog b
WHERE b.state = 'pending' AND EXISTS (SELECT 1 FROM #gone_call g WHERE g.id = b.call_history_uuid);
DELETE b FROM dbo.element_backlog b JOIN #gone_call g ON g.id = b.call_history_uuid;
SET @pending = -@pending;
IF @pending <> 0 UPDATE dbo.collection_counter SET value = value + @pending WHERE name = 'elements_pending';
SELECT @calls + @legs + @named;
GO

-- == delete for good
DECLARE @calls bigint, @legs bigint, @pending bigint;
DELETE t FROM dbo.call_history t JOIN #gone_call g ON g.id = t.call_history_uuid;
SET @calls = @@ROWCOUNT;
DELETE t FROM dbo.call_element t JOIN #gone_call g ON g.id = t.call_history_uuid;
SET @legs = @@ROWCOUNT;
DELETE t FROM dbo.call_element t JOIN #gone_element g ON g.id = t.call_element_id;
SET @legs = @legs + @@ROWCOUNT;
SET @calls = -@calls;
SET @legs = -@legs;
SELECT @pending = COUNT_BIG(*) FROM dbo.element_backlog b
WHERE b.state = 'pending' AND EXISTS (SELECT 1 FROM #gone_call g WHERE g.id = b.call_history_uuid);
DELETE b FROM dbo.element_backlog b JOIN #gone_call g ON g.id = b.call_history_uuid;
SET @pending = -@pending;
IF @calls <> 0 UPDATE dbo.collection_counter SET value = value + @calls WHERE name = 'records';
IF @legs <> 0 UPDATE dbo.collection_counter SET value = value + @legs WHERE name = 'elements';
IF @pending <> 0 UPDATE dbo.collection_counter SET value = value + @pending WHERE name = 'elements_pending';
SELECT -@calls - @legs;
GO

-- == queue missing elements
DECLARE @queued bigint;
INSERT INTO dbo.element_backlog (call_history_uuid, call_end_time, state, attempts, next_attempt_at, queued_at)
SELECT c.call_history_uuid, c.end_time, 'pending', 0, @P3, @P3 FROM dbo.call_history c
WHERE c.call_history_uuid > CAST(@P1 AS varchar(255)) AND c.call_history_uuid <= CAST(@P2 AS varchar(255)) AND c.deleted_at IS NULL AND c.erased_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid)
  AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog b WHERE b.call_history_uuid = c.call_history_uuid);
SET @queued = @@ROWCOUNT;
IF @queued <> 0 UPDATE dbo.collection_counter SET value = value + @queued WHERE name = 'elements_pending';
SELECT @queued;
GO

-- == fate
CREATE TABLE #fate (stage_row bigint NOT NULL, fate int NOT NULL);
GO

-- == clear fate
TRUNCATE TABLE #fate;
GO

-- == fetched
CREATE TABLE #fetched (call_history_uuid varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL);
GO

-- == clear fetched
TRUNCATE TABLE #fetched;
GO

-- == postpone elements
UPDATE dbo.element_backlog SET attempts = attempts + 1, next_attempt_at = @P2
WHERE call_history_uuid = CAST(@P1 AS varchar(255)) AND state = 'pending';
GO

-- == due elements
SELECT TOP (@P2) call_history_uuid, attempts FROM dbo.element_backlog
WHERE state = 'pending' AND (next_attempt_at <= CAST(@P1 AS datetime2(0)) OR next_attempt_at > CAST(@P3 AS datetime2(0)))
ORDER BY call_end_time DESC, call_history_uuid;
GO

-- == next elements due
SELECT MIN(next_attempt_at) FROM dbo.element_backlog WHERE state = 'pending';
GO

-- == end of a chunk
SELECT MAX(chunk.call_history_uuid) FROM
  (SELECT TOP (@P2) call_history_uuid FROM dbo.call_history WHERE call_history_uuid > CAST(@P1 AS varchar(255)) ORDER BY call_history_uuid) chunk;
GO

-- == watermark
SELECT seen_until FROM dbo.collection_watermark WHERE id = 1;
GO

-- == move watermark
UPDATE dbo.collection_watermark SET seen_until = @P1, written_at = @P2 WHERE id = 1 AND seen_until < @P1;
INSERT INTO dbo.collection_watermark (id, seen_until, written_at, accounted_from)
SELECT 1, @P1, @P2, @P1 WHERE NOT EXISTS (SELECT 1 FROM dbo.collection_watermark WHERE id = 1);
GO

-- == held
SELECT COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;
GO

-- == keys held
SELECT call_history_uuid FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;
GO

-- == accounted from
SELECT accounted_from FROM dbo.collection_watermark WHERE id = 1;
GO

-- == ledger
SELECT window_from, window_to, state, zoom_total, received, held, stage, compared_at, next_compare_at, attempts, [deleted], note
FROM dbo.collection_window
WHERE window_to > CAST(@P1 AS datetime2(0)) AND window_from < CAST(@P2 AS datetime2(0)) ORDER BY window_from, window_to;
GO

-- == gaps
SELECT TOP (@P1) window_from, window_to, state, zoom_total, received, held, stage, compared_at, next_compare_at, attempts, [deleted], note
FROM dbo.collection_window
WHERE state IN ('incomplete', 'lost') ORDER BY window_to DESC, window_from DESC;
GO

-- == due comparisons
SELECT TOP (@P2) window_from, window_to, state, zoom_total, received, held, stage, compared_at, next_compare_at, attempts, [deleted], note
FROM dbo.collection_window
WHERE next_compare_at <= CAST(@P1 AS datetime2(0)) ORDER BY window_to DESC, window_from DESC;
GO

-- == next comparison
SELECT MIN(next_compare_at) FROM dbo.collection_window WHERE next_compare_at IS NOT NULL;
GO

-- == ledger in numbers
SELECT COUNT_BIG(*),
  COALESCE(SUM(CASE WHEN state IN ('complete', 'unverified', 'incomplete') THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN state IN ('complete', 'unverified') THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN state = 'incomplete' AND zoom_total IS NULL THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(zoom_total), 0),
  COALESCE(SUM(CASE WHEN zoom_total IS NULL THEN 0 WHEN state = 'complete' OR held >= zoom_total OR received >= zoom_total THEN zoom_total
    WHEN held >= received THEN held ELSE received END), 0)
FROM dbo.collection_window WHERE state NOT IN ('expired', 'lost');
GO

-- == window compared
DECLARE @held bigint, @total bigint, @state varchar(255), @next datetime2(0), @attempts bigint, @entered bigint;
SELECT @held = COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;
SET @total = CASE WHEN @P3 = -1 THEN @held ELSE @P3 END;
SET @state = CASE WHEN @P5 = 1 THEN 'incomplete' WHEN @total IS NULL THEN 'unverified'
  WHEN @held >= @total OR @P4 >= @total THEN 'complete' ELSE 'incomplete' END;
SET @next = CASE WHEN @state = 'incomplete' THEN @P8 ELSE NULLIF(@P7, CAST('1970-01-01' AS datetime2(0))) END;
SET @attempts = CASE WHEN @state = 'incomplete' THEN @P9 ELSE 0 END;
UPDATE dbo.collection_window SET zoom_total = @total, received = COALESCE(@P4, received), held = @held, state = @state,
  clamped = @P5, compared_at = @P12, stage = @P6, next_compare_at = @next, attempts = @attempts,
  [deleted] = COALESCE([deleted], 0) + @P10, note = COALESCE(NULLIF(@P11, N''), note)
WHERE window_from = @P1 AND window_to = @P2 AND state <> 'expired';
SET @entered = @@ROWCOUNT;
IF @entered = 0
  INSERT INTO dbo.collection_window (window_from, window_to, zoom_total, received, held, state, clamped,
    first_collected_at, compared_at, stage, next_compare_at, attempts, [deleted], note)
  SELECT @P1, @P2, @total, COALESCE(@P4, 0), @held, @state, @P5, @P12, @P12, @P6, @next, @attempts, @P10, NULLIF(@P11, N'')
  WHERE NOT EXISTS (SELECT 1 FROM dbo.collection_window WHERE window_from = @P1 AND window_to = @P2);
GO

-- == remove window
DELETE FROM dbo.collection_window WHERE window_from = @P1 AND window_to = @P2;
GO

-- == enter window
DECLARE @held bigint, @next datetime2(0), @entered bigint;
SELECT @held = COUNT_BIG(*) FROM dbo.call_history
WHERE end_time >= CAST(@P1 AS datetime2(0)) AND end_time < CAST(@P2 AS datetime2(0)) AND deleted_at IS NULL;
SET @next = NULLIF(@P7, CAST('1970-01-01' AS datetime2(0)));
UPDATE dbo.collection_window SET zoom_total = @P3, received = @P4, held = @held, state = @P5, compared_at = @P11,
  stage = @P6, next_compare_at = @next, attempts = @P8, [deleted] = @P9, note = NULLIF(@P10, N'')
WHERE window_from = @P1 AND window_to = @P2 AND state <> 'expired';
SET @entered = @@ROWCOUNT;
IF @entered = 0
  INSERT INTO dbo.collection_window (window_from, window_to, zoom_total, received, held, state, clamped,
    first_collected_at, compared_at, stage, next_compare_at, attempts, [deleted], note)
  SELECT @P1, @P2, @P3, @P4, @held, @P5, 0, @P12, @P11, @P6, @next, @P8, @P9, NULLIF(@P10, N'')
  WHERE NOT EXISTS (SELECT 1 FROM dbo.collection_window WHERE window_from = @P1 AND window_to = @P2);
GO

-- == expire windows
DECLARE @expired bigint;
UPDATE dbo.collection_window SET state = 'expired', next_compare_at = NULL
WHERE window_from < CAST(@P1 AS datetime2(0)) AND state <> 'expired';
SET @expired = @@ROWCOUNT;
SELECT @expired;
GO

-- == gone calls
CREATE TABLE #gone_call (id varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL);
GO

-- == clear gone calls
TRUNCATE TABLE #gone_call;
GO

-- == gone elements
CREATE TABLE #gone_element (id varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL);
GO

-- == clear gone elements
TRUNCATE TABLE #gone_element;
GO

-- == move backfill
DECLARE @moved bigint;
UPDATE dbo.backfill_request SET done_until = @P2, changed_at = @P3,
  state = CASE WHEN @P2 <= span_from AND state <> 'cancelled' THEN 'done' ELSE state END
WHERE id = @P1 AND done_until > @P2;
SET @moved = @@ROWCOUNT;
SELECT @moved;
GO

-- == newest backfill
SELECT TOP (1) id, span_from, span_to, done_until, state FROM dbo.backfill_request
ORDER BY CASE WHEN state IN ('queued', 'running', 'paused') THEN 0 ELSE 1 END, id DESC;
GO

-- == same backfill
SELECT TOP (1) id, span_from, span_to, done_until, state FROM dbo.backfill_request
WHERE state IN ('queued', 'running', 'paused') AND span_from = @P1 AND span_to = @P2 ORDER BY id DESC;
GO

-- == cancel backfill
UPDATE dbo.backfill_request SET state = 'cancelled', changed_at = @P1
WHERE state IN ('queued', 'running', 'paused') AND span_from >= @P2 AND span_to <= @P3;
GO

-- == ask for backfill
INSERT INTO dbo.backfill_request (span_from, span_to, done_until, state, requested_at, changed_at)
VALUES (@P1, @P2, @P2, 'queued', @P3, @P3);
SELECT CAST(SCOPE_IDENTITY() AS bigint);
GO

-- == state of backfill
UPDATE dbo.backfill_request SET state = @P2, changed_at = @P3 WHERE id = @P1 AND state <> CAST(@P2 AS varchar(255));
GO

-- == summary
SELECT
  (SELECT MAX(end_time) FROM dbo.call_history),
  (SELECT value FROM dbo.collection_counter WHERE name = 'records'),
  (SELECT value FROM dbo.collection_counter WHERE name = 'elements'),
  (SELECT value FROM dbo.collection_counter WHERE name = 'elements_pending'),
  (SELECT value FROM dbo.collection_counter WHERE name = 'rejected'),
  (SELECT COUNT_BIG(*) FROM dbo.collection_window WHERE state = 'incomplete')
    + (SELECT COUNT_BIG(*) FROM dbo.collection_window WHERE state = 'lost'),
  (SELECT SUM(CAST(size AS bigint)) * 8192 FROM sys.database_files WHERE type = 0),
  (SELECT SUM(CASE WHEN kind = 'restore' THEN -calls ELSE calls END) FROM dbo.disposal WHERE kind IN ('purge', 'archive', 'restore'));
GO

-- == probe
DELETE FROM dbo.write_probe WHERE id = 1;
INSERT INTO dbo.write_probe (id, written_at) VALUES (1, @P1);
GO

-- == unprobe
DELETE FROM dbo.write_probe WHERE id = 1;
GO

