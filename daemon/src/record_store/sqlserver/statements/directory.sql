-- == stage zoom_user
CREATE TABLE #zoom_user (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [email] nvarchar(400) NULL,
  [first_name] nvarchar(400) NULL,
  [last_name] nvarchar(400) NULL,
  [display_name] nvarchar(400) NULL,
  [type] bigint NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [dept] nvarchar(400) NULL,
  [role_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [timezone] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [employee_unique_id] nvarchar(400) NULL,
  [pmi] bigint NULL,
  [verified] bigint NULL,
  [plan_united_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [user_created_at] datetime2(0) NULL,
  [created_at] datetime2(0) NULL,
  [last_login_time] datetime2(0) NULL,
  [last_client_version] nvarchar(400) NULL,
  [host_key] nvarchar(400) NULL,
  [group_ids] nvarchar(max) NULL,
  [im_group_ids] nvarchar(max) NULL,
  [division_ids] nvarchar(max) NULL,
  [custom_attributes] nvarchar(max) NULL,
  [license_info_list] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear zoom_user
TRUNCATE TABLE #zoom_user;
GO

-- == patch zoom_user group_ids
UPDATE #zoom_user SET [group_ids] = @P1 WHERE stage_row = @P2;
GO

-- == patch zoom_user im_group_ids
UPDATE #zoom_user SET [im_group_ids] = @P1 WHERE stage_row = @P2;
GO

-- == patch zoom_user division_ids
UPDATE #zoom_user SET [division_ids] = @P1 WHERE stage_row = @P2;
GO

-- == patch zoom_user custom_attributes
UPDATE #zoom_user SET [custom_attributes] = @P1 WHERE stage_row = @P2;
GO

-- == patch zoom_user license_info_list
UPDATE #zoom_user SET [license_info_list] = @P1 WHERE stage_row = @P2;
GO

-- == patch zoom_user extra
UPDATE #zoom_user SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in zoom_user, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_user s LEFT JOIN dbo.zoom_user t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [display_name] = s.[display_name], [type] = s.[type], [status] = s.[status], [dept] = s.[dept], [role_id] = s.[role_id], [timezone] = s.[timezone], [employee_unique_id] = s.[employee_unique_id], [pmi] = s.[pmi], [verified] = s.[verified], [plan_united_type] = s.[plan_united_type], [user_created_at] = s.[user_created_at], [created_at] = s.[created_at], [last_login_time] = s.[last_login_time], [last_client_version] = s.[last_client_version], [host_key] = s.[host_key], [group_ids] = s.[group_ids], [im_group_ids] = s.[im_group_ids], [division_ids] = s.[division_ids], [custom_attributes] = s.[custom_attributes], [license_info_list] = s.[license_info_list], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.zoom_user t JOIN #zoom_user s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.zoom_user ([id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[email], s.[first_name], s.[last_name], s.[display_name], s.[type], s.[status], s.[dept], s.[role_id], s.[timezone], s.[employee_unique_id], s.[pmi], s.[verified], s.[plan_united_type], s.[user_created_at], s.[created_at], s.[last_login_time], s.[last_client_version], s.[host_key], s.[group_ids], s.[im_group_ids], s.[division_ids], s.[custom_attributes], s.[license_info_list], s.[extra], s.[content_digest], @P1, @P1
FROM #zoom_user s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'zoom_user' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.zoom_user t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.dept, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.department, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'zoom_user' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, department)
SELECT 'zoom_user', t.id, CAST(@P1 AS datetime2(0)), t.dept FROM dbo.zoom_user t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'zoom_user' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.zoom_user WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in zoom_user, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_user s LEFT JOIN dbo.zoom_user t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [display_name] = s.[display_name], [type] = s.[type], [status] = s.[status], [dept] = s.[dept], [role_id] = s.[role_id], [timezone] = s.[timezone], [employee_unique_id] = s.[employee_unique_id], [pmi] = s.[pmi], [verified] = s.[verified], [plan_united_type] = s.[plan_united_type], [user_created_at] = s.[user_created_at], [created_at] = s.[created_at], [last_login_time] = s.[last_login_time], [last_client_version] = s.[last_client_version], [host_key] = s.[host_key], [group_ids] = s.[group_ids], [im_group_ids] = s.[im_group_ids], [division_ids] = s.[division_ids], [custom_attributes] = s.[custom_attributes], [license_info_list] = s.[license_info_list], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.zoom_user t JOIN #zoom_user s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.zoom_user ([id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[email], s.[first_name], s.[last_name], s.[display_name], s.[type], s.[status], s.[dept], s.[role_id], s.[timezone], s.[employee_unique_id], s.[pmi], s.[verified], s.[plan_united_type], s.[user_created_at], s.[created_at], s.[last_login_time], s.[last_client_version], s.[host_key], s.[group_ids], s.[im_group_ids], s.[division_ids], s.[custom_attributes], s.[license_info_list], s.[extra], s.[content_digest], @P1, @P1
FROM #zoom_user s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.zoom_user t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #zoom_user s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'zoom_user' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.zoom_user t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.dept, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.department, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'zoom_user' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, department)
SELECT 'zoom_user', t.id, CAST(@P1 AS datetime2(0)), t.dept FROM dbo.zoom_user t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'zoom_user' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.zoom_user WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of zoom_user, removed false, after false
SELECT TOP (1000) [id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_user] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of zoom_user, removed false, after true
SELECT TOP (1000) [id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of zoom_user, removed true, after false
SELECT TOP (1000) [id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_user] ORDER BY [id];
GO

-- == page of zoom_user, removed true, after true
SELECT TOP (1000) [id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_user] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count zoom_user
SELECT COUNT_BIG(*) FROM dbo.[zoom_user] WHERE [removed_at] IS NULL;
GO

-- == distinct zoom_user id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct zoom_user email
SELECT DISTINCT CAST([email] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [email] IS NOT NULL;
GO

-- == distinct zoom_user first_name
SELECT DISTINCT CAST([first_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [first_name] IS NOT NULL;
GO

-- == distinct zoom_user last_name
SELECT DISTINCT CAST([last_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [last_name] IS NOT NULL;
GO

-- == distinct zoom_user display_name
SELECT DISTINCT CAST([display_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [display_name] IS NOT NULL;
GO

-- == distinct zoom_user type
SELECT DISTINCT CAST([type] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [type] IS NOT NULL;
GO

-- == distinct zoom_user status
SELECT DISTINCT CAST([status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [status] IS NOT NULL;
GO

-- == distinct zoom_user dept
SELECT DISTINCT CAST([dept] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [dept] IS NOT NULL;
GO

-- == distinct zoom_user role_id
SELECT DISTINCT CAST([role_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [role_id] IS NOT NULL;
GO

-- == distinct zoom_user timezone
SELECT DISTINCT CAST([timezone] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [timezone] IS NOT NULL;
GO

-- == distinct zoom_user employee_unique_id
SELECT DISTINCT CAST([employee_unique_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [employee_unique_id] IS NOT NULL;
GO

-- == distinct zoom_user pmi
SELECT DISTINCT CAST([pmi] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [pmi] IS NOT NULL;
GO

-- == distinct zoom_user verified
SELECT DISTINCT CAST([verified] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [verified] IS NOT NULL;
GO

-- == distinct zoom_user plan_united_type
SELECT DISTINCT CAST([plan_united_type] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [plan_united_type] IS NOT NULL;
GO

-- == distinct zoom_user user_created_at
SELECT DISTINCT CAST([user_created_at] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [user_created_at] IS NOT NULL;
GO

-- == distinct zoom_user created_at
SELECT DISTINCT CAST([created_at] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [created_at] IS NOT NULL;
GO

-- == distinct zoom_user last_login_time
SELECT DISTINCT CAST([last_login_time] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [last_login_time] IS NOT NULL;
GO

-- == distinct zoom_user last_client_version
SELECT DISTINCT CAST([last_client_version] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [last_client_version] IS NOT NULL;
GO

-- == distinct zoom_user host_key
SELECT DISTINCT CAST([host_key] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [host_key] IS NOT NULL;
GO

-- == distinct zoom_user group_ids
SELECT DISTINCT CAST([group_ids] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [group_ids] IS NOT NULL;
GO

-- == distinct zoom_user im_group_ids
SELECT DISTINCT CAST([im_group_ids] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [im_group_ids] IS NOT NULL;
GO

-- == distinct zoom_user division_ids
SELECT DISTINCT CAST([division_ids] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [division_ids] IS NOT NULL;
GO

-- == distinct zoom_user custom_attributes
SELECT DISTINCT CAST([custom_attributes] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [custom_attributes] IS NOT NULL;
GO

-- == distinct zoom_user license_info_list
SELECT DISTINCT CAST([license_info_list] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_user] WHERE [removed_at] IS NULL AND [license_info_list] IS NOT NULL;
GO

-- == stage zoom_group
CREATE TABLE #zoom_group (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [total_members] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear zoom_group
TRUNCATE TABLE #zoom_group;
GO

-- == patch zoom_group extra
UPDATE #zoom_group SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in zoom_group, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_group s LEFT JOIN dbo.zoom_group t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [total_members] = s.[total_members], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.zoom_group t JOIN #zoom_group s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.zoom_group ([id], [name], [total_members], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[total_members], s.[extra], s.[content_digest], @P1, @P1
FROM #zoom_group s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'zoom_group' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.zoom_group t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'zoom_group' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, name)
SELECT 'zoom_group', t.id, CAST(@P1 AS datetime2(0)), t.name FROM dbo.zoom_group t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'zoom_group' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.zoom_group WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in zoom_group, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_group s LEFT JOIN dbo.zoom_group t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [total_members] = s.[total_members], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.zoom_group t JOIN #zoom_group s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.zoom_group ([id], [name], [total_members], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[total_members], s.[extra], s.[content_digest], @P1, @P1
FROM #zoom_group s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.zoom_group t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #zoom_group s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'zoom_group' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.zoom_group t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'zoom_group' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, name)
SELECT 'zoom_group', t.id, CAST(@P1 AS datetime2(0)), t.name FROM dbo.zoom_group t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'zoom_group' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.zoom_group WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of zoom_group, removed false, after false
SELECT TOP (1000) [id], [name], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_group] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of zoom_group, removed false, after true
SELECT TOP (1000) [id], [name], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_group] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of zoom_group, removed true, after false
SELECT TOP (1000) [id], [name], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_group] ORDER BY [id];
GO

-- == page of zoom_group, removed true, after true
SELECT TOP (1000) [id], [name], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_group] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count zoom_group
SELECT COUNT_BIG(*) FROM dbo.[zoom_group] WHERE [removed_at] IS NULL;
GO

-- == distinct zoom_group id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct zoom_group name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == distinct zoom_group total_members
SELECT DISTINCT CAST([total_members] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group] WHERE [removed_at] IS NULL AND [total_members] IS NOT NULL;
GO

-- == stage zoom_group_member
CREATE TABLE #zoom_group_member (
  stage_row bigint NOT NULL,
  [group_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [email] nvarchar(400) NULL,
  [first_name] nvarchar(400) NULL,
  [last_name] nvarchar(400) NULL,
  [type] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear zoom_group_member
TRUNCATE TABLE #zoom_group_member;
GO

-- == patch zoom_group_member extra
UPDATE #zoom_group_member SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in zoom_group_member, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[group_id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_group_member s LEFT JOIN dbo.zoom_group_member t ON t.[group_id] = s.[group_id] AND t.[id] = s.[id] AND t.valid_to IS NULL
WHERE t.[group_id] IS NULL OR ((t.valid_to IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_group_member t JOIN #zoom_group_member s ON t.[group_id] = s.[group_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2 AND t.valid_to IS NULL;
SET @changed = @@ROWCOUNT;
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_group_member t JOIN #zoom_group_member s ON t.[group_id] = s.[group_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND t.valid_from = @P1;
SET @revived = @@ROWCOUNT;
INSERT INTO dbo.zoom_group_member ([group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], first_seen_at, changed_at, valid_from)
SELECT s.[group_id], s.[id], s.[email], s.[first_name], s.[last_name], s.[type], s.[extra], s.[content_digest], @P1, @P1, @P1
FROM #zoom_group_member s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND NOT EXISTS (SELECT 1 FROM dbo.zoom_group_member t WHERE t.[group_id] = s.[group_id] AND t.[id] = s.[id] AND t.valid_from = @P1);
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.zoom_group_member WHERE [valid_to] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in zoom_group_member, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[group_id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_group_member s LEFT JOIN dbo.zoom_group_member t ON t.[group_id] = s.[group_id] AND t.[id] = s.[id] AND t.valid_to IS NULL
WHERE t.[group_id] IS NULL OR ((t.valid_to IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_group_member t JOIN #zoom_group_member s ON t.[group_id] = s.[group_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2 AND t.valid_to IS NULL;
SET @changed = @@ROWCOUNT;
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_group_member t JOIN #zoom_group_member s ON t.[group_id] = s.[group_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND t.valid_from = @P1;
SET @revived = @@ROWCOUNT;
INSERT INTO dbo.zoom_group_member ([group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], first_seen_at, changed_at, valid_from)
SELECT s.[group_id], s.[id], s.[email], s.[first_name], s.[last_name], s.[type], s.[extra], s.[content_digest], @P1, @P1, @P1
FROM #zoom_group_member s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND NOT EXISTS (SELECT 1 FROM dbo.zoom_group_member t WHERE t.[group_id] = s.[group_id] AND t.[id] = s.[id] AND t.valid_from = @P1);
SET @added = @@ROWCOUNT;
UPDATE t SET [valid_to] = @P1 FROM dbo.zoom_group_member t
WHERE t.[valid_to] IS NULL AND NOT EXISTS (SELECT 1 FROM #zoom_group_member s WHERE t.[group_id] = s.[group_id] AND t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.zoom_group_member WHERE [valid_to] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of zoom_group_member, removed false, after false
SELECT TOP (1000) [group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL ORDER BY [group_id], [id], [valid_from];
GO

-- == page of zoom_group_member, removed false, after true
SELECT TOP (1000) [group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL AND (([group_id] > CAST(@P1 AS varchar(255))) OR ([group_id] = CAST(@P1 AS varchar(255)) AND [id] > CAST(@P2 AS varchar(255))) OR ([group_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] > CAST(@P3 AS datetime2(0)))) ORDER BY [group_id], [id], [valid_from];
GO

-- == page of zoom_group_member, removed true, after false
SELECT TOP (1000) [group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_group_member] ORDER BY [group_id], [id], [valid_from];
GO

-- == page of zoom_group_member, removed true, after true
SELECT TOP (1000) [group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_group_member] WHERE (([group_id] > CAST(@P1 AS varchar(255))) OR ([group_id] = CAST(@P1 AS varchar(255)) AND [id] > CAST(@P2 AS varchar(255))) OR ([group_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] > CAST(@P3 AS datetime2(0)))) ORDER BY [group_id], [id], [valid_from];
GO

-- == count zoom_group_member
SELECT COUNT_BIG(*) FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL;
GO

-- == distinct zoom_group_member group_id
SELECT DISTINCT CAST([group_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL AND [group_id] IS NOT NULL;
GO

-- == distinct zoom_group_member id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct zoom_group_member email
SELECT DISTINCT CAST([email] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL AND [email] IS NOT NULL;
GO

-- == distinct zoom_group_member first_name
SELECT DISTINCT CAST([first_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL AND [first_name] IS NOT NULL;
GO

-- == distinct zoom_group_member last_name
SELECT DISTINCT CAST([last_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL AND [last_name] IS NOT NULL;
GO

-- == distinct zoom_group_member type
SELECT DISTINCT CAST([type] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_group_member] WHERE [valid_to] IS NULL AND [type] IS NOT NULL;
GO

-- == stage zoom_role
CREATE TABLE #zoom_role (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [description] nvarchar(400) NULL,
  [type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [total_members] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear zoom_role
TRUNCATE TABLE #zoom_role;
GO

-- == patch zoom_role extra
UPDATE #zoom_role SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in zoom_role, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_role s LEFT JOIN dbo.zoom_role t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [description] = s.[description], [type] = s.[type], [total_members] = s.[total_members], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.zoom_role t JOIN #zoom_role s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.zoom_role ([id], [name], [description], [type], [total_members], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[description], s.[type], s.[total_members], s.[extra], s.[content_digest], @P1, @P1
FROM #zoom_role s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.zoom_role WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in zoom_role, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #zoom_role s LEFT JOIN dbo.zoom_role t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [description] = s.[description], [type] = s.[type], [total_members] = s.[total_members], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.zoom_role t JOIN #zoom_role s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.zoom_role ([id], [name], [description], [type], [total_members], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[description], s.[type], s.[total_members], s.[extra], s.[content_digest], @P1, @P1
FROM #zoom_role s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.zoom_role t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #zoom_role s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.zoom_role WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of zoom_role, removed false, after false
SELECT TOP (1000) [id], [name], [description], [type], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_role] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of zoom_role, removed false, after true
SELECT TOP (1000) [id], [name], [description], [type], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_role] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of zoom_role, removed true, after false
SELECT TOP (1000) [id], [name], [description], [type], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_role] ORDER BY [id];
GO

-- == page of zoom_role, removed true, after true
SELECT TOP (1000) [id], [name], [description], [type], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[zoom_role] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count zoom_role
SELECT COUNT_BIG(*) FROM dbo.[zoom_role] WHERE [removed_at] IS NULL;
GO

-- == distinct zoom_role id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct zoom_role name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == distinct zoom_role description
SELECT DISTINCT CAST([description] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role] WHERE [removed_at] IS NULL AND [description] IS NOT NULL;
GO

-- == distinct zoom_role type
SELECT DISTINCT CAST([type] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role] WHERE [removed_at] IS NULL AND [type] IS NOT NULL;
GO

-- == distinct zoom_role total_members
SELECT DISTINCT CAST([total_members] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role] WHERE [removed_at] IS NULL AND [total_members] IS NOT NULL;
GO

-- == stage zoom_role_member
CREATE TABLE #zoom_role_member (
  stage_row bigint NOT NULL,
  [role_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [email] nvarchar(400) NULL,
  [first_name] nvarchar(400) NULL,
  [last_name] nvarchar(400) NULL,
  [department] nvarchar(400) NULL,
  [type] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear zoom_role_member
TRUNCATE TABLE #zoom_role_member;
GO

-- == patch zoom_role_member extra
UPDATE #zoom_role_member SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in zoom_role_member, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[role_id] IS NULL THEN 1 WHEN COALESCE(t.[department], N'') COLLATE Latin1_General_100_BIN2 <> COALESCE(s.[department], N'') COLLATE Latin1_General_100_BIN2 AND t.valid_from < @P1 THEN 3 ELSE 2 END
FROM #zoom_role_member s LEFT JOIN dbo.zoom_role_member t ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] AND t.valid_to IS NULL
WHERE t.[role_id] IS NULL OR ((t.valid_to IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [department] = s.[department], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_role_member t JOIN #zoom_role_member s ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2 AND t.valid_to IS NULL;
SET @changed = @@ROWCOUNT;
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [department] = s.[department], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_role_member t JOIN #zoom_role_member s ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND t.valid_from = @P1;
SET @revived = @@ROWCOUNT;
UPDATE t SET valid_to = @P1
FROM dbo.zoom_role_member t JOIN #zoom_role_member s ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 3 AND t.valid_to IS NULL;
SET @moved = @@ROWCOUNT;
INSERT INTO dbo.zoom_role_member ([role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], first_seen_at, changed_at, valid_from)
SELECT s.[role_id], s.[id], s.[email], s.[first_name], s.[last_name], s.[department], s.[type], s.[extra], s.[content_digest], @P1, @P1, @P1
FROM #zoom_role_member s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate IN (1, 3) AND NOT EXISTS (SELECT 1 FROM dbo.zoom_role_member t WHERE t.[role_id] = s.[role_id] AND t.[id] = s.[id] AND t.valid_from = @P1);
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.zoom_role_member WHERE [valid_to] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in zoom_role_member, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[role_id] IS NULL THEN 1 WHEN COALESCE(t.[department], N'') COLLATE Latin1_General_100_BIN2 <> COALESCE(s.[department], N'') COLLATE Latin1_General_100_BIN2 AND t.valid_from < @P1 THEN 3 ELSE 2 END
FROM #zoom_role_member s LEFT JOIN dbo.zoom_role_member t ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] AND t.valid_to IS NULL
WHERE t.[role_id] IS NULL OR ((t.valid_to IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [department] = s.[department], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_role_member t JOIN #zoom_role_member s ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2 AND t.valid_to IS NULL;
SET @changed = @@ROWCOUNT;
UPDATE t SET [email] = s.[email], [first_name] = s.[first_name], [last_name] = s.[last_name], [department] = s.[department], [type] = s.[type], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.zoom_role_member t JOIN #zoom_role_member s ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND t.valid_from = @P1;
SET @revived = @@ROWCOUNT;
UPDATE t SET valid_to = @P1
FROM dbo.zoom_role_member t JOIN #zoom_role_member s ON t.[role_id] = s.[role_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 3 AND t.valid_to IS NULL;
SET @moved = @@ROWCOUNT;
INSERT INTO dbo.zoom_role_member ([role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], first_seen_at, changed_at, valid_from)
SELECT s.[role_id], s.[id], s.[email], s.[first_name], s.[last_name], s.[department], s.[type], s.[extra], s.[content_digest], @P1, @P1, @P1
FROM #zoom_role_member s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate IN (1, 3) AND NOT EXISTS (SELECT 1 FROM dbo.zoom_role_member t WHERE t.[role_id] = s.[role_id] AND t.[id] = s.[id] AND t.valid_from = @P1);
SET @added = @@ROWCOUNT;
UPDATE t SET [valid_to] = @P1 FROM dbo.zoom_role_member t
WHERE t.[valid_to] IS NULL AND NOT EXISTS (SELECT 1 FROM #zoom_role_member s WHERE t.[role_id] = s.[role_id] AND t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.zoom_role_member WHERE [valid_to] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of zoom_role_member, removed false, after false
SELECT TOP (1000) [role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL ORDER BY [role_id], [id], [valid_from];
GO

-- == page of zoom_role_member, removed false, after true
SELECT TOP (1000) [role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND (([role_id] > CAST(@P1 AS varchar(255))) OR ([role_id] = CAST(@P1 AS varchar(255)) AND [id] > CAST(@P2 AS varchar(255))) OR ([role_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] > CAST(@P3 AS datetime2(0)))) ORDER BY [role_id], [id], [valid_from];
GO

-- == page of zoom_role_member, removed true, after false
SELECT TOP (1000) [role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_role_member] ORDER BY [role_id], [id], [valid_from];
GO

-- == page of zoom_role_member, removed true, after true
SELECT TOP (1000) [role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[zoom_role_member] WHERE (([role_id] > CAST(@P1 AS varchar(255))) OR ([role_id] = CAST(@P1 AS varchar(255)) AND [id] > CAST(@P2 AS varchar(255))) OR ([role_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] > CAST(@P3 AS datetime2(0)))) ORDER BY [role_id], [id], [valid_from];
GO

-- == count zoom_role_member
SELECT COUNT_BIG(*) FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL;
GO

-- == distinct zoom_role_member role_id
SELECT DISTINCT CAST([role_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND [role_id] IS NOT NULL;
GO

-- == distinct zoom_role_member id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct zoom_role_member email
SELECT DISTINCT CAST([email] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND [email] IS NOT NULL;
GO

-- == distinct zoom_role_member first_name
SELECT DISTINCT CAST([first_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND [first_name] IS NOT NULL;
GO

-- == distinct zoom_role_member last_name
SELECT DISTINCT CAST([last_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND [last_name] IS NOT NULL;
GO

-- == distinct zoom_role_member department
SELECT DISTINCT CAST([department] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND [department] IS NOT NULL;
GO

-- == distinct zoom_role_member type
SELECT DISTINCT CAST([type] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[zoom_role_member] WHERE [valid_to] IS NULL AND [type] IS NOT NULL;
GO

-- == stage phone_user
CREATE TABLE #phone_user (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [email] nvarchar(400) NULL,
  [name] nvarchar(400) NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extension_number] bigint NULL,
  [phone_user_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [activation_status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [department] nvarchar(400) NULL,
  [cost_center] nvarchar(400) NULL,
  [phone_numbers] nvarchar(max) NULL,
  [calling_plans] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear phone_user
TRUNCATE TABLE #phone_user;
GO

-- == patch phone_user phone_numbers
UPDATE #phone_user SET [phone_numbers] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_user calling_plans
UPDATE #phone_user SET [calling_plans] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_user extra
UPDATE #phone_user SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in phone_user, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_user s LEFT JOIN dbo.phone_user t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [name] = s.[name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [phone_user_id] = s.[phone_user_id], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [activation_status] = s.[activation_status], [department] = s.[department], [cost_center] = s.[cost_center], [phone_numbers] = s.[phone_numbers], [calling_plans] = s.[calling_plans], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_user t JOIN #phone_user s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_user ([id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[email], s.[name], s.[extension_id], s.[extension_number], s.[phone_user_id], s.[site_id], s.[site_name], s.[status], s.[activation_status], s.[department], s.[cost_center], s.[phone_numbers], s.[calling_plans], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_user s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'phone_user' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.phone_user t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.extension_id, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.extension_id, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.site_id, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.site_id, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.site_name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.site_name, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.department, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.department, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.cost_center, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.cost_center, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'phone_user' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, extension_id, name, site_id, site_name, department, cost_center)
SELECT 'phone_user', t.id, CAST(@P1 AS datetime2(0)), t.extension_id, t.name, t.site_id, t.site_name, t.department, t.cost_center FROM dbo.phone_user t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'phone_user' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.phone_user WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in phone_user, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_user s LEFT JOIN dbo.phone_user t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [email] = s.[email], [name] = s.[name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [phone_user_id] = s.[phone_user_id], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [activation_status] = s.[activation_status], [department] = s.[department], [cost_center] = s.[cost_center], [phone_numbers] = s.[phone_numbers], [calling_plans] = s.[calling_plans], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_user t JOIN #phone_user s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_user ([id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[email], s.[name], s.[extension_id], s.[extension_number], s.[phone_user_id], s.[site_id], s.[site_name], s.[status], s.[activation_status], s.[department], s.[cost_center], s.[phone_numbers], s.[calling_plans], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_user s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.phone_user t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #phone_user s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'phone_user' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.phone_user t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.extension_id, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.extension_id, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.site_id, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.site_id, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.site_name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.site_name, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.department, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.department, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.cost_center, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.cost_center, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'phone_user' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, extension_id, name, site_id, site_name, department, cost_center)
SELECT 'phone_user', t.id, CAST(@P1 AS datetime2(0)), t.extension_id, t.name, t.site_id, t.site_name, t.department, t.cost_center FROM dbo.phone_user t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'phone_user' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.phone_user WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of phone_user, removed false, after false
SELECT TOP (1000) [id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_user] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of phone_user, removed false, after true
SELECT TOP (1000) [id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of phone_user, removed true, after false
SELECT TOP (1000) [id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_user] ORDER BY [id];
GO

-- == page of phone_user, removed true, after true
SELECT TOP (1000) [id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_user] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count phone_user
SELECT COUNT_BIG(*) FROM dbo.[phone_user] WHERE [removed_at] IS NULL;
GO

-- == distinct phone_user id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct phone_user email
SELECT DISTINCT CAST([email] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [email] IS NOT NULL;
GO

-- == distinct phone_user name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == distinct phone_user extension_id
SELECT DISTINCT CAST([extension_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [extension_id] IS NOT NULL;
GO

-- == distinct phone_user extension_number
SELECT DISTINCT CAST([extension_number] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [extension_number] IS NOT NULL;
GO

-- == distinct phone_user phone_user_id
SELECT DISTINCT CAST([phone_user_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [phone_user_id] IS NOT NULL;
GO

-- == distinct phone_user site_id
SELECT DISTINCT CAST([site_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [site_id] IS NOT NULL;
GO

-- == distinct phone_user site_name
SELECT DISTINCT CAST([site_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [site_name] IS NOT NULL;
GO

-- == distinct phone_user status
SELECT DISTINCT CAST([status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [status] IS NOT NULL;
GO

-- == distinct phone_user activation_status
SELECT DISTINCT CAST([activation_status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [activation_status] IS NOT NULL;
GO

-- == distinct phone_user department
SELECT DISTINCT CAST([department] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [department] IS NOT NULL;
GO

-- == distinct phone_user cost_center
SELECT DISTINCT CAST([cost_center] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [cost_center] IS NOT NULL;
GO

-- == distinct phone_user phone_numbers
SELECT DISTINCT CAST([phone_numbers] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [phone_numbers] IS NOT NULL;
GO

-- == distinct phone_user calling_plans
SELECT DISTINCT CAST([calling_plans] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_user] WHERE [removed_at] IS NULL AND [calling_plans] IS NOT NULL;
GO

-- == stage phone_site
CREATE TABLE #phone_site (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [country_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [country_name] nvarchar(400) NULL,
  [main_auto_receptionist_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [main_auto_receptionist_name] nvarchar(400) NULL,
  [main_auto_receptionist_extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [main_auto_receptionist_extension_number] bigint NULL,
  [site_code] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear phone_site
TRUNCATE TABLE #phone_site;
GO

-- == patch phone_site extra
UPDATE #phone_site SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in phone_site, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_site s LEFT JOIN dbo.phone_site t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [country_code] = s.[country_code], [country_name] = s.[country_name], [main_auto_receptionist_id] = s.[main_auto_receptionist_id], [main_auto_receptionist_name] = s.[main_auto_receptionist_name], [main_auto_receptionist_extension_id] = s.[main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number] = s.[main_auto_receptionist_extension_number], [site_code] = s.[site_code], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_site t JOIN #phone_site s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_site ([id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[country_code], s.[country_name], s.[main_auto_receptionist_id], s.[main_auto_receptionist_name], s.[main_auto_receptionist_extension_id], s.[main_auto_receptionist_extension_number], s.[site_code], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_site s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'phone_site' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.phone_site t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'phone_site' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, name)
SELECT 'phone_site', t.id, CAST(@P1 AS datetime2(0)), t.name FROM dbo.phone_site t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'phone_site' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.phone_site WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in phone_site, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_site s LEFT JOIN dbo.phone_site t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [country_code] = s.[country_code], [country_name] = s.[country_name], [main_auto_receptionist_id] = s.[main_auto_receptionist_id], [main_auto_receptionist_name] = s.[main_auto_receptionist_name], [main_auto_receptionist_extension_id] = s.[main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number] = s.[main_auto_receptionist_extension_number], [site_code] = s.[site_code], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_site t JOIN #phone_site s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_site ([id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[country_code], s.[country_name], s.[main_auto_receptionist_id], s.[main_auto_receptionist_name], s.[main_auto_receptionist_extension_id], s.[main_auto_receptionist_extension_number], s.[site_code], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_site s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.phone_site t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #phone_site s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'phone_site' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.phone_site t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'phone_site' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, name)
SELECT 'phone_site', t.id, CAST(@P1 AS datetime2(0)), t.name FROM dbo.phone_site t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'phone_site' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.phone_site WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of phone_site, removed false, after false
SELECT TOP (1000) [id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_site] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of phone_site, removed false, after true
SELECT TOP (1000) [id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of phone_site, removed true, after false
SELECT TOP (1000) [id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_site] ORDER BY [id];
GO

-- == page of phone_site, removed true, after true
SELECT TOP (1000) [id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_site] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count phone_site
SELECT COUNT_BIG(*) FROM dbo.[phone_site] WHERE [removed_at] IS NULL;
GO

-- == distinct phone_site id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct phone_site name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == distinct phone_site country_code
SELECT DISTINCT CAST([country_code] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [country_code] IS NOT NULL;
GO

-- == distinct phone_site country_name
SELECT DISTINCT CAST([country_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [country_name] IS NOT NULL;
GO

-- == distinct phone_site main_auto_receptionist_id
SELECT DISTINCT CAST([main_auto_receptionist_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [main_auto_receptionist_id] IS NOT NULL;
GO

-- == distinct phone_site main_auto_receptionist_name
SELECT DISTINCT CAST([main_auto_receptionist_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [main_auto_receptionist_name] IS NOT NULL;
GO

-- == distinct phone_site main_auto_receptionist_extension_id
SELECT DISTINCT CAST([main_auto_receptionist_extension_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [main_auto_receptionist_extension_id] IS NOT NULL;
GO

-- == distinct phone_site main_auto_receptionist_extension_number
SELECT DISTINCT CAST([main_auto_receptionist_extension_number] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [main_auto_receptionist_extension_number] IS NOT NULL;
GO

-- == distinct phone_site site_code
SELECT DISTINCT CAST([site_code] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_site] WHERE [removed_at] IS NULL AND [site_code] IS NOT NULL;
GO

-- == stage call_queue
CREATE TABLE #call_queue (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extension_number] bigint NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [department] nvarchar(400) NULL,
  [cost_center] nvarchar(400) NULL,
  [phone_numbers] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear call_queue
TRUNCATE TABLE #call_queue;
GO

-- == patch call_queue phone_numbers
UPDATE #call_queue SET [phone_numbers] = @P1 WHERE stage_row = @P2;
GO

-- == patch call_queue extra
UPDATE #call_queue SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in call_queue, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #call_queue s LEFT JOIN dbo.call_queue t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [department] = s.[department], [cost_center] = s.[cost_center], [phone_numbers] = s.[phone_numbers], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.call_queue t JOIN #call_queue s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.call_queue ([id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[status], s.[department], s.[cost_center], s.[phone_numbers], s.[extra], s.[content_digest], @P1, @P1
FROM #call_queue s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'call_queue' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.call_queue t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.extension_id, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.extension_id, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'call_queue' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, extension_id, name)
SELECT 'call_queue', t.id, CAST(@P1 AS datetime2(0)), t.extension_id, t.name FROM dbo.call_queue t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'call_queue' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.call_queue WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in call_queue, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #call_queue s LEFT JOIN dbo.call_queue t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [department] = s.[department], [cost_center] = s.[cost_center], [phone_numbers] = s.[phone_numbers], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.call_queue t JOIN #call_queue s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.call_queue ([id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[status], s.[department], s.[cost_center], s.[phone_numbers], s.[extra], s.[content_digest], @P1, @P1
FROM #call_queue s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.call_queue t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #call_queue s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
UPDATE dbo.directory_placement SET valid_to = CAST(@P1 AS datetime2(0))
WHERE entity = 'call_queue' AND valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.call_queue t
  WHERE t.id = directory_placement.id AND t.removed_at IS NULL
    AND COALESCE(t.extension_id, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.extension_id, N'') COLLATE Latin1_General_100_BIN2
    AND COALESCE(t.name, N'') COLLATE Latin1_General_100_BIN2 = COALESCE(directory_placement.name, N'') COLLATE Latin1_General_100_BIN2);
DELETE FROM dbo.directory_placement WHERE entity = 'call_queue' AND valid_from = CAST(@P1 AS datetime2(0)) AND valid_to = CAST(@P1 AS datetime2(0));
INSERT INTO dbo.directory_placement (entity, id, valid_from, extension_id, name)
SELECT 'call_queue', t.id, CAST(@P1 AS datetime2(0)), t.extension_id, t.name FROM dbo.call_queue t
WHERE t.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM dbo.directory_placement p WHERE p.entity = 'call_queue' AND p.id = t.id AND p.valid_to IS NULL);
SELECT @total = COUNT_BIG(*) FROM dbo.call_queue WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of call_queue, removed false, after false
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[call_queue] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of call_queue, removed false, after true
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of call_queue, removed true, after false
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[call_queue] ORDER BY [id];
GO

-- == page of call_queue, removed true, after true
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[call_queue] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count call_queue
SELECT COUNT_BIG(*) FROM dbo.[call_queue] WHERE [removed_at] IS NULL;
GO

-- == distinct call_queue id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct call_queue name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == distinct call_queue extension_id
SELECT DISTINCT CAST([extension_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [extension_id] IS NOT NULL;
GO

-- == distinct call_queue extension_number
SELECT DISTINCT CAST([extension_number] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [extension_number] IS NOT NULL;
GO

-- == distinct call_queue site_id
SELECT DISTINCT CAST([site_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [site_id] IS NOT NULL;
GO

-- == distinct call_queue site_name
SELECT DISTINCT CAST([site_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [site_name] IS NOT NULL;
GO

-- == distinct call_queue status
SELECT DISTINCT CAST([status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [status] IS NOT NULL;
GO

-- == distinct call_queue department
SELECT DISTINCT CAST([department] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [department] IS NOT NULL;
GO

-- == distinct call_queue cost_center
SELECT DISTINCT CAST([cost_center] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [cost_center] IS NOT NULL;
GO

-- == distinct call_queue phone_numbers
SELECT DISTINCT CAST([phone_numbers] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue] WHERE [removed_at] IS NULL AND [phone_numbers] IS NOT NULL;
GO

-- == stage call_queue_member
CREATE TABLE #call_queue_member (
  stage_row bigint NOT NULL,
  [call_queue_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [level] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [receive_call] bit NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear call_queue_member
TRUNCATE TABLE #call_queue_member;
GO

-- == patch call_queue_member extra
UPDATE #call_queue_member SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in call_queue_member, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[call_queue_id] IS NULL THEN 1 ELSE 2 END
FROM #call_queue_member s LEFT JOIN dbo.call_queue_member t ON t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] AND t.valid_to IS NULL
WHERE t.[call_queue_id] IS NULL OR ((t.valid_to IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [level] = s.[level], [name] = s.[name], [receive_call] = s.[receive_call], [extension_id] = s.[extension_id], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.call_queue_member t JOIN #call_queue_member s ON t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2 AND t.valid_to IS NULL;
SET @changed = @@ROWCOUNT;
UPDATE t SET [level] = s.[level], [name] = s.[name], [receive_call] = s.[receive_call], [extension_id] = s.[extension_id], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.call_queue_member t JOIN #call_queue_member s ON t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND t.valid_from = @P1;
SET @revived = @@ROWCOUNT;
INSERT INTO dbo.call_queue_member ([call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], first_seen_at, changed_at, valid_from)
SELECT s.[call_queue_id], s.[id], s.[level], s.[name], s.[receive_call], s.[extension_id], s.[extra], s.[content_digest], @P1, @P1, @P1
FROM #call_queue_member s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND NOT EXISTS (SELECT 1 FROM dbo.call_queue_member t WHERE t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] AND t.valid_from = @P1);
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.call_queue_member WHERE [valid_to] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in call_queue_member, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[call_queue_id] IS NULL THEN 1 ELSE 2 END
FROM #call_queue_member s LEFT JOIN dbo.call_queue_member t ON t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] AND t.valid_to IS NULL
WHERE t.[call_queue_id] IS NULL OR ((t.valid_to IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [level] = s.[level], [name] = s.[name], [receive_call] = s.[receive_call], [extension_id] = s.[extension_id], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.call_queue_member t JOIN #call_queue_member s ON t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2 AND t.valid_to IS NULL;
SET @changed = @@ROWCOUNT;
UPDATE t SET [level] = s.[level], [name] = s.[name], [receive_call] = s.[receive_call], [extension_id] = s.[extension_id], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, valid_to = NULL
FROM dbo.call_queue_member t JOIN #call_queue_member s ON t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND t.valid_from = @P1;
SET @revived = @@ROWCOUNT;
INSERT INTO dbo.call_queue_member ([call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], first_seen_at, changed_at, valid_from)
SELECT s.[call_queue_id], s.[id], s.[level], s.[name], s.[receive_call], s.[extension_id], s.[extra], s.[content_digest], @P1, @P1, @P1
FROM #call_queue_member s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1 AND NOT EXISTS (SELECT 1 FROM dbo.call_queue_member t WHERE t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id] AND t.valid_from = @P1);
SET @added = @@ROWCOUNT;
UPDATE t SET [valid_to] = @P1 FROM dbo.call_queue_member t
WHERE t.[valid_to] IS NULL AND NOT EXISTS (SELECT 1 FROM #call_queue_member s WHERE t.[call_queue_id] = s.[call_queue_id] AND t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.call_queue_member WHERE [valid_to] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of call_queue_member, removed false, after false
SELECT TOP (1000) [call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL ORDER BY [call_queue_id], [id], [valid_from];
GO

-- == page of call_queue_member, removed false, after true
SELECT TOP (1000) [call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL AND (([call_queue_id] > CAST(@P1 AS varchar(255))) OR ([call_queue_id] = CAST(@P1 AS varchar(255)) AND [id] > CAST(@P2 AS varchar(255))) OR ([call_queue_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] > CAST(@P3 AS datetime2(0)))) ORDER BY [call_queue_id], [id], [valid_from];
GO

-- == page of call_queue_member, removed true, after false
SELECT TOP (1000) [call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[call_queue_member] ORDER BY [call_queue_id], [id], [valid_from];
GO

-- == page of call_queue_member, removed true, after true
SELECT TOP (1000) [call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM dbo.[call_queue_member] WHERE (([call_queue_id] > CAST(@P1 AS varchar(255))) OR ([call_queue_id] = CAST(@P1 AS varchar(255)) AND [id] > CAST(@P2 AS varchar(255))) OR ([call_queue_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] > CAST(@P3 AS datetime2(0)))) ORDER BY [call_queue_id], [id], [valid_from];
GO

-- == count call_queue_member
SELECT COUNT_BIG(*) FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL;
GO

-- == distinct call_queue_member call_queue_id
SELECT DISTINCT CAST([call_queue_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL AND [call_queue_id] IS NOT NULL;
GO

-- == distinct call_queue_member id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct call_queue_member level
SELECT DISTINCT CAST([level] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL AND [level] IS NOT NULL;
GO

-- == distinct call_queue_member name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL AND [name] IS NOT NULL;
GO

-- == distinct call_queue_member receive_call
SELECT DISTINCT CAST([receive_call] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL AND [receive_call] IS NOT NULL;
GO

-- == distinct call_queue_member extension_id
SELECT DISTINCT CAST([extension_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[call_queue_member] WHERE [valid_to] IS NULL AND [extension_id] IS NOT NULL;
GO

-- == stage auto_receptionist
CREATE TABLE #auto_receptionist (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extension_number] bigint NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [department] nvarchar(400) NULL,
  [cost_center] nvarchar(400) NULL,
  [timezone] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [audio_prompt_language] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [phone_numbers] nvarchar(max) NULL,
  [holiday_hours] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear auto_receptionist
TRUNCATE TABLE #auto_receptionist;
GO

-- == patch auto_receptionist phone_numbers
UPDATE #auto_receptionist SET [phone_numbers] = @P1 WHERE stage_row = @P2;
GO

-- == patch auto_receptionist holiday_hours
UPDATE #auto_receptionist SET [holiday_hours] = @P1 WHERE stage_row = @P2;
GO

-- == patch auto_receptionist extra
UPDATE #auto_receptionist SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in auto_receptionist, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #auto_receptionist s LEFT JOIN dbo.auto_receptionist t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [department] = s.[department], [cost_center] = s.[cost_center], [timezone] = s.[timezone], [audio_prompt_language] = s.[audio_prompt_language], [phone_numbers] = s.[phone_numbers], [holiday_hours] = s.[holiday_hours], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.auto_receptionist t JOIN #auto_receptionist s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.auto_receptionist ([id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[department], s.[cost_center], s.[timezone], s.[audio_prompt_language], s.[phone_numbers], s.[holiday_hours], s.[extra], s.[content_digest], @P1, @P1
FROM #auto_receptionist s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.auto_receptionist WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in auto_receptionist, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #auto_receptionist s LEFT JOIN dbo.auto_receptionist t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [name] = s.[name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [department] = s.[department], [cost_center] = s.[cost_center], [timezone] = s.[timezone], [audio_prompt_language] = s.[audio_prompt_language], [phone_numbers] = s.[phone_numbers], [holiday_hours] = s.[holiday_hours], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.auto_receptionist t JOIN #auto_receptionist s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.auto_receptionist ([id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[department], s.[cost_center], s.[timezone], s.[audio_prompt_language], s.[phone_numbers], s.[holiday_hours], s.[extra], s.[content_digest], @P1, @P1
FROM #auto_receptionist s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.auto_receptionist t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #auto_receptionist s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.auto_receptionist WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of auto_receptionist, removed false, after false
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of auto_receptionist, removed false, after true
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of auto_receptionist, removed true, after false
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[auto_receptionist] ORDER BY [id];
GO

-- == page of auto_receptionist, removed true, after true
SELECT TOP (1000) [id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[auto_receptionist] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count auto_receptionist
SELECT COUNT_BIG(*) FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL;
GO

-- == distinct auto_receptionist id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct auto_receptionist name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == distinct auto_receptionist extension_id
SELECT DISTINCT CAST([extension_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [extension_id] IS NOT NULL;
GO

-- == distinct auto_receptionist extension_number
SELECT DISTINCT CAST([extension_number] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [extension_number] IS NOT NULL;
GO

-- == distinct auto_receptionist site_id
SELECT DISTINCT CAST([site_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [site_id] IS NOT NULL;
GO

-- == distinct auto_receptionist site_name
SELECT DISTINCT CAST([site_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [site_name] IS NOT NULL;
GO

-- == distinct auto_receptionist department
SELECT DISTINCT CAST([department] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [department] IS NOT NULL;
GO

-- == distinct auto_receptionist cost_center
SELECT DISTINCT CAST([cost_center] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [cost_center] IS NOT NULL;
GO

-- == distinct auto_receptionist timezone
SELECT DISTINCT CAST([timezone] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [timezone] IS NOT NULL;
GO

-- == distinct auto_receptionist audio_prompt_language
SELECT DISTINCT CAST([audio_prompt_language] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [audio_prompt_language] IS NOT NULL;
GO

-- == distinct auto_receptionist phone_numbers
SELECT DISTINCT CAST([phone_numbers] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [phone_numbers] IS NOT NULL;
GO

-- == distinct auto_receptionist holiday_hours
SELECT DISTINCT CAST([holiday_hours] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[auto_receptionist] WHERE [removed_at] IS NULL AND [holiday_hours] IS NOT NULL;
GO

-- == stage common_area
CREATE TABLE #common_area (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [display_name] nvarchar(400) NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extension_number] bigint NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [department] nvarchar(400) NULL,
  [cost_center] nvarchar(400) NULL,
  [phone_numbers] nvarchar(max) NULL,
  [calling_plans] nvarchar(max) NULL,
  [desk_phones] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear common_area
TRUNCATE TABLE #common_area;
GO

-- == patch common_area phone_numbers
UPDATE #common_area SET [phone_numbers] = @P1 WHERE stage_row = @P2;
GO

-- == patch common_area calling_plans
UPDATE #common_area SET [calling_plans] = @P1 WHERE stage_row = @P2;
GO

-- == patch common_area desk_phones
UPDATE #common_area SET [desk_phones] = @P1 WHERE stage_row = @P2;
GO

-- == patch common_area extra
UPDATE #common_area SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in common_area, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #common_area s LEFT JOIN dbo.common_area t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [display_name] = s.[display_name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [department] = s.[department], [cost_center] = s.[cost_center], [phone_numbers] = s.[phone_numbers], [calling_plans] = s.[calling_plans], [desk_phones] = s.[desk_phones], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.common_area t JOIN #common_area s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.common_area ([id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[display_name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[status], s.[department], s.[cost_center], s.[phone_numbers], s.[calling_plans], s.[desk_phones], s.[extra], s.[content_digest], @P1, @P1
FROM #common_area s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.common_area WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in common_area, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #common_area s LEFT JOIN dbo.common_area t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [display_name] = s.[display_name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [department] = s.[department], [cost_center] = s.[cost_center], [phone_numbers] = s.[phone_numbers], [calling_plans] = s.[calling_plans], [desk_phones] = s.[desk_phones], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.common_area t JOIN #common_area s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.common_area ([id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[display_name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[status], s.[department], s.[cost_center], s.[phone_numbers], s.[calling_plans], s.[desk_phones], s.[extra], s.[content_digest], @P1, @P1
FROM #common_area s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.common_area t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #common_area s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.common_area WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of common_area, removed false, after false
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[common_area] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of common_area, removed false, after true
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[common_area] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of common_area, removed true, after false
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[common_area] ORDER BY [id];
GO

-- == page of common_area, removed true, after true
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[common_area] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count common_area
SELECT COUNT_BIG(*) FROM dbo.[common_area] WHERE [removed_at] IS NULL;
GO

-- == distinct common_area id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct common_area display_name
SELECT DISTINCT CAST([display_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [display_name] IS NOT NULL;
GO

-- == distinct common_area extension_id
SELECT DISTINCT CAST([extension_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [extension_id] IS NOT NULL;
GO

-- == distinct common_area extension_number
SELECT DISTINCT CAST([extension_number] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [extension_number] IS NOT NULL;
GO

-- == distinct common_area site_id
SELECT DISTINCT CAST([site_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [site_id] IS NOT NULL;
GO

-- == distinct common_area site_name
SELECT DISTINCT CAST([site_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [site_name] IS NOT NULL;
GO

-- == distinct common_area status
SELECT DISTINCT CAST([status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [status] IS NOT NULL;
GO

-- == distinct common_area department
SELECT DISTINCT CAST([department] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [department] IS NOT NULL;
GO

-- == distinct common_area cost_center
SELECT DISTINCT CAST([cost_center] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [cost_center] IS NOT NULL;
GO

-- == distinct common_area phone_numbers
SELECT DISTINCT CAST([phone_numbers] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [phone_numbers] IS NOT NULL;
GO

-- == distinct common_area calling_plans
SELECT DISTINCT CAST([calling_plans] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [calling_plans] IS NOT NULL;
GO

-- == distinct common_area desk_phones
SELECT DISTINCT CAST([desk_phones] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[common_area] WHERE [removed_at] IS NULL AND [desk_phones] IS NOT NULL;
GO

-- == stage shared_line_group
CREATE TABLE #shared_line_group (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [display_name] nvarchar(400) NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extension_number] bigint NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [phone_numbers] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear shared_line_group
TRUNCATE TABLE #shared_line_group;
GO

-- == patch shared_line_group phone_numbers
UPDATE #shared_line_group SET [phone_numbers] = @P1 WHERE stage_row = @P2;
GO

-- == patch shared_line_group extra
UPDATE #shared_line_group SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in shared_line_group, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #shared_line_group s LEFT JOIN dbo.shared_line_group t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [display_name] = s.[display_name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [phone_numbers] = s.[phone_numbers], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.shared_line_group t JOIN #shared_line_group s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.shared_line_group ([id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[display_name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[status], s.[phone_numbers], s.[extra], s.[content_digest], @P1, @P1
FROM #shared_line_group s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.shared_line_group WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in shared_line_group, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #shared_line_group s LEFT JOIN dbo.shared_line_group t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [display_name] = s.[display_name], [extension_id] = s.[extension_id], [extension_number] = s.[extension_number], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [phone_numbers] = s.[phone_numbers], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.shared_line_group t JOIN #shared_line_group s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.shared_line_group ([id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[display_name], s.[extension_id], s.[extension_number], s.[site_id], s.[site_name], s.[status], s.[phone_numbers], s.[extra], s.[content_digest], @P1, @P1
FROM #shared_line_group s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.shared_line_group t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #shared_line_group s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.shared_line_group WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of shared_line_group, removed false, after false
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of shared_line_group, removed false, after true
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of shared_line_group, removed true, after false
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[shared_line_group] ORDER BY [id];
GO

-- == page of shared_line_group, removed true, after true
SELECT TOP (1000) [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[shared_line_group] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count shared_line_group
SELECT COUNT_BIG(*) FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL;
GO

-- == distinct shared_line_group id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct shared_line_group display_name
SELECT DISTINCT CAST([display_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [display_name] IS NOT NULL;
GO

-- == distinct shared_line_group extension_id
SELECT DISTINCT CAST([extension_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [extension_id] IS NOT NULL;
GO

-- == distinct shared_line_group extension_number
SELECT DISTINCT CAST([extension_number] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [extension_number] IS NOT NULL;
GO

-- == distinct shared_line_group site_id
SELECT DISTINCT CAST([site_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [site_id] IS NOT NULL;
GO

-- == distinct shared_line_group site_name
SELECT DISTINCT CAST([site_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [site_name] IS NOT NULL;
GO

-- == distinct shared_line_group status
SELECT DISTINCT CAST([status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [status] IS NOT NULL;
GO

-- == distinct shared_line_group phone_numbers
SELECT DISTINCT CAST([phone_numbers] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[shared_line_group] WHERE [removed_at] IS NULL AND [phone_numbers] IS NOT NULL;
GO

-- == stage phone_device
CREATE TABLE #phone_device (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [display_name] nvarchar(400) NULL,
  [device_type] nvarchar(400) NULL,
  [mac_address] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [provision_template_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [description] nvarchar(400) NULL,
  [firmware_version] nvarchar(400) NULL,
  [private_ip] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [public_ip] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [assignee] nvarchar(max) NULL,
  [assignees] nvarchar(max) NULL,
  [policy] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear phone_device
TRUNCATE TABLE #phone_device;
GO

-- == patch phone_device assignee
UPDATE #phone_device SET [assignee] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_device assignees
UPDATE #phone_device SET [assignees] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_device policy
UPDATE #phone_device SET [policy] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_device extra
UPDATE #phone_device SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in phone_device, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_device s LEFT JOIN dbo.phone_device t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [display_name] = s.[display_name], [device_type] = s.[device_type], [mac_address] = s.[mac_address], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [provision_template_id] = s.[provision_template_id], [description] = s.[description], [firmware_version] = s.[firmware_version], [private_ip] = s.[private_ip], [public_ip] = s.[public_ip], [assignee] = s.[assignee], [assignees] = s.[assignees], [policy] = s.[policy], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_device t JOIN #phone_device s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_device ([id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[display_name], s.[device_type], s.[mac_address], s.[site_id], s.[site_name], s.[status], s.[provision_template_id], s.[description], s.[firmware_version], s.[private_ip], s.[public_ip], s.[assignee], s.[assignees], s.[policy], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_device s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.phone_device WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in phone_device, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_device s LEFT JOIN dbo.phone_device t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [display_name] = s.[display_name], [device_type] = s.[device_type], [mac_address] = s.[mac_address], [site_id] = s.[site_id], [site_name] = s.[site_name], [status] = s.[status], [provision_template_id] = s.[provision_template_id], [description] = s.[description], [firmware_version] = s.[firmware_version], [private_ip] = s.[private_ip], [public_ip] = s.[public_ip], [assignee] = s.[assignee], [assignees] = s.[assignees], [policy] = s.[policy], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_device t JOIN #phone_device s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_device ([id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[display_name], s.[device_type], s.[mac_address], s.[site_id], s.[site_name], s.[status], s.[provision_template_id], s.[description], s.[firmware_version], s.[private_ip], s.[public_ip], s.[assignee], s.[assignees], s.[policy], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_device s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.phone_device t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #phone_device s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.phone_device WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of phone_device, removed false, after false
SELECT TOP (1000) [id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_device] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of phone_device, removed false, after true
SELECT TOP (1000) [id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of phone_device, removed true, after false
SELECT TOP (1000) [id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_device] ORDER BY [id];
GO

-- == page of phone_device, removed true, after true
SELECT TOP (1000) [id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_device] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count phone_device
SELECT COUNT_BIG(*) FROM dbo.[phone_device] WHERE [removed_at] IS NULL;
GO

-- == distinct phone_device id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct phone_device display_name
SELECT DISTINCT CAST([display_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [display_name] IS NOT NULL;
GO

-- == distinct phone_device device_type
SELECT DISTINCT CAST([device_type] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [device_type] IS NOT NULL;
GO

-- == distinct phone_device mac_address
SELECT DISTINCT CAST([mac_address] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [mac_address] IS NOT NULL;
GO

-- == distinct phone_device site_id
SELECT DISTINCT CAST([site_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [site_id] IS NOT NULL;
GO

-- == distinct phone_device site_name
SELECT DISTINCT CAST([site_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [site_name] IS NOT NULL;
GO

-- == distinct phone_device status
SELECT DISTINCT CAST([status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [status] IS NOT NULL;
GO

-- == distinct phone_device provision_template_id
SELECT DISTINCT CAST([provision_template_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [provision_template_id] IS NOT NULL;
GO

-- == distinct phone_device description
SELECT DISTINCT CAST([description] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [description] IS NOT NULL;
GO

-- == distinct phone_device firmware_version
SELECT DISTINCT CAST([firmware_version] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [firmware_version] IS NOT NULL;
GO

-- == distinct phone_device private_ip
SELECT DISTINCT CAST([private_ip] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [private_ip] IS NOT NULL;
GO

-- == distinct phone_device public_ip
SELECT DISTINCT CAST([public_ip] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [public_ip] IS NOT NULL;
GO

-- == distinct phone_device assignee
SELECT DISTINCT CAST([assignee] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [assignee] IS NOT NULL;
GO

-- == distinct phone_device assignees
SELECT DISTINCT CAST([assignees] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [assignees] IS NOT NULL;
GO

-- == distinct phone_device policy
SELECT DISTINCT CAST([policy] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_device] WHERE [removed_at] IS NULL AND [policy] IS NOT NULL;
GO

-- == stage phone_number
CREATE TABLE #phone_number (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [number] nvarchar(400) NULL,
  [display_name] nvarchar(400) NULL,
  [number_type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [allocated_product] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [caller_id_name] nvarchar(400) NULL,
  [source] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [carrier_code] bigint NULL,
  [carrier_name] nvarchar(400) NULL,
  [location] nvarchar(max) NULL,
  [address_update_required] bit NULL,
  [emergency_address_status] bigint NULL,
  [emergency_address_update_time] datetime2(0) NULL,
  [capability] nvarchar(max) NULL,
  [assigned_list] nvarchar(max) NULL,
  [assignee] nvarchar(max) NULL,
  [emergency_address] nvarchar(max) NULL,
  [sip_group] nvarchar(max) NULL,
  [number_e164] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear phone_number
TRUNCATE TABLE #phone_number;
GO

-- == patch phone_number location
UPDATE #phone_number SET [location] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_number capability
UPDATE #phone_number SET [capability] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_number assigned_list
UPDATE #phone_number SET [assigned_list] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_number assignee
UPDATE #phone_number SET [assignee] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_number emergency_address
UPDATE #phone_number SET [emergency_address] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_number sip_group
UPDATE #phone_number SET [sip_group] = @P1 WHERE stage_row = @P2;
GO

-- == patch phone_number extra
UPDATE #phone_number SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in phone_number, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_number s LEFT JOIN dbo.phone_number t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [number] = s.[number], [display_name] = s.[display_name], [number_type] = s.[number_type], [allocated_product] = s.[allocated_product], [caller_id_name] = s.[caller_id_name], [source] = s.[source], [status] = s.[status], [site_id] = s.[site_id], [site_name] = s.[site_name], [carrier_code] = s.[carrier_code], [carrier_name] = s.[carrier_name], [location] = s.[location], [address_update_required] = s.[address_update_required], [emergency_address_status] = s.[emergency_address_status], [emergency_address_update_time] = s.[emergency_address_update_time], [capability] = s.[capability], [assigned_list] = s.[assigned_list], [assignee] = s.[assignee], [emergency_address] = s.[emergency_address], [sip_group] = s.[sip_group], [number_e164] = s.[number_e164], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_number t JOIN #phone_number s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_number ([id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[number], s.[display_name], s.[number_type], s.[allocated_product], s.[caller_id_name], s.[source], s.[status], s.[site_id], s.[site_name], s.[carrier_code], s.[carrier_name], s.[location], s.[address_update_required], s.[emergency_address_status], s.[emergency_address_update_time], s.[capability], s.[assigned_list], s.[assignee], s.[emergency_address], s.[sip_group], s.[number_e164], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_number s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.phone_number WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in phone_number, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[id] IS NULL THEN 1 ELSE 2 END
FROM #phone_number s LEFT JOIN dbo.phone_number t ON t.[id] = s.[id]
WHERE t.[id] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [number] = s.[number], [display_name] = s.[display_name], [number_type] = s.[number_type], [allocated_product] = s.[allocated_product], [caller_id_name] = s.[caller_id_name], [source] = s.[source], [status] = s.[status], [site_id] = s.[site_id], [site_name] = s.[site_name], [carrier_code] = s.[carrier_code], [carrier_name] = s.[carrier_name], [location] = s.[location], [address_update_required] = s.[address_update_required], [emergency_address_status] = s.[emergency_address_status], [emergency_address_update_time] = s.[emergency_address_update_time], [capability] = s.[capability], [assigned_list] = s.[assigned_list], [assignee] = s.[assignee], [emergency_address] = s.[emergency_address], [sip_group] = s.[sip_group], [number_e164] = s.[number_e164], [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.phone_number t JOIN #phone_number s ON t.[id] = s.[id] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.phone_number ([id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[id], s.[number], s.[display_name], s.[number_type], s.[allocated_product], s.[caller_id_name], s.[source], s.[status], s.[site_id], s.[site_name], s.[carrier_code], s.[carrier_name], s.[location], s.[address_update_required], s.[emergency_address_status], s.[emergency_address_update_time], s.[capability], s.[assigned_list], s.[assignee], s.[emergency_address], s.[sip_group], s.[number_e164], s.[extra], s.[content_digest], @P1, @P1
FROM #phone_number s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.phone_number t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #phone_number s WHERE t.[id] = s.[id]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.phone_number WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of phone_number, removed false, after false
SELECT TOP (1000) [id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_number] WHERE [removed_at] IS NULL ORDER BY [id];
GO

-- == page of phone_number, removed false, after true
SELECT TOP (1000) [id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == page of phone_number, removed true, after false
SELECT TOP (1000) [id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_number] ORDER BY [id];
GO

-- == page of phone_number, removed true, after true
SELECT TOP (1000) [id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[phone_number] WHERE (([id] > CAST(@P1 AS varchar(255)))) ORDER BY [id];
GO

-- == count phone_number
SELECT COUNT_BIG(*) FROM dbo.[phone_number] WHERE [removed_at] IS NULL;
GO

-- == distinct phone_number id
SELECT DISTINCT CAST([id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [id] IS NOT NULL;
GO

-- == distinct phone_number number
SELECT DISTINCT CAST([number] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [number] IS NOT NULL;
GO

-- == distinct phone_number display_name
SELECT DISTINCT CAST([display_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [display_name] IS NOT NULL;
GO

-- == distinct phone_number number_type
SELECT DISTINCT CAST([number_type] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [number_type] IS NOT NULL;
GO

-- == distinct phone_number allocated_product
SELECT DISTINCT CAST([allocated_product] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [allocated_product] IS NOT NULL;
GO

-- == distinct phone_number caller_id_name
SELECT DISTINCT CAST([caller_id_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [caller_id_name] IS NOT NULL;
GO

-- == distinct phone_number source
SELECT DISTINCT CAST([source] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [source] IS NOT NULL;
GO

-- == distinct phone_number status
SELECT DISTINCT CAST([status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [status] IS NOT NULL;
GO

-- == distinct phone_number site_id
SELECT DISTINCT CAST([site_id] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [site_id] IS NOT NULL;
GO

-- == distinct phone_number site_name
SELECT DISTINCT CAST([site_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [site_name] IS NOT NULL;
GO

-- == distinct phone_number carrier_code
SELECT DISTINCT CAST([carrier_code] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [carrier_code] IS NOT NULL;
GO

-- == distinct phone_number carrier_name
SELECT DISTINCT CAST([carrier_name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [carrier_name] IS NOT NULL;
GO

-- == distinct phone_number location
SELECT DISTINCT CAST([location] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [location] IS NOT NULL;
GO

-- == distinct phone_number address_update_required
SELECT DISTINCT CAST([address_update_required] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [address_update_required] IS NOT NULL;
GO

-- == distinct phone_number emergency_address_status
SELECT DISTINCT CAST([emergency_address_status] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [emergency_address_status] IS NOT NULL;
GO

-- == distinct phone_number emergency_address_update_time
SELECT DISTINCT CAST([emergency_address_update_time] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [emergency_address_update_time] IS NOT NULL;
GO

-- == distinct phone_number capability
SELECT DISTINCT CAST([capability] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [capability] IS NOT NULL;
GO

-- == distinct phone_number assigned_list
SELECT DISTINCT CAST([assigned_list] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [assigned_list] IS NOT NULL;
GO

-- == distinct phone_number assignee
SELECT DISTINCT CAST([assignee] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [assignee] IS NOT NULL;
GO

-- == distinct phone_number emergency_address
SELECT DISTINCT CAST([emergency_address] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [emergency_address] IS NOT NULL;
GO

-- == distinct phone_number sip_group
SELECT DISTINCT CAST([sip_group] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[phone_number] WHERE [removed_at] IS NULL AND [sip_group] IS NOT NULL;
GO

-- == stage department
CREATE TABLE #department (
  stage_row bigint NOT NULL,
  [name] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear department
TRUNCATE TABLE #department;
GO

-- == patch department extra
UPDATE #department SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in department, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[name] IS NULL THEN 1 ELSE 2 END
FROM #department s LEFT JOIN dbo.department t ON t.[name] = s.[name]
WHERE t.[name] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.department t JOIN #department s ON t.[name] = s.[name] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.department ([name], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[name], s.[extra], s.[content_digest], @P1, @P1
FROM #department s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.department WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in department, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[name] IS NULL THEN 1 ELSE 2 END
FROM #department s LEFT JOIN dbo.department t ON t.[name] = s.[name]
WHERE t.[name] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.department t JOIN #department s ON t.[name] = s.[name] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.department ([name], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[name], s.[extra], s.[content_digest], @P1, @P1
FROM #department s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.department t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #department s WHERE t.[name] = s.[name]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.department WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of department, removed false, after false
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[department] WHERE [removed_at] IS NULL ORDER BY [name];
GO

-- == page of department, removed false, after true
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[department] WHERE [removed_at] IS NULL AND (([name] > @P1)) ORDER BY [name];
GO

-- == page of department, removed true, after false
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[department] ORDER BY [name];
GO

-- == page of department, removed true, after true
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[department] WHERE (([name] > @P1)) ORDER BY [name];
GO

-- == count department
SELECT COUNT_BIG(*) FROM dbo.[department] WHERE [removed_at] IS NULL;
GO

-- == distinct department name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[department] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == stage cost_center
CREATE TABLE #cost_center (
  stage_row bigint NOT NULL,
  [name] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL
);
GO

-- == clear cost_center
TRUNCATE TABLE #cost_center;
GO

-- == patch cost_center extra
UPDATE #cost_center SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == take in cost_center, complete false
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[name] IS NULL THEN 1 ELSE 2 END
FROM #cost_center s LEFT JOIN dbo.cost_center t ON t.[name] = s.[name]
WHERE t.[name] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.cost_center t JOIN #cost_center s ON t.[name] = s.[name] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.cost_center ([name], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[name], s.[extra], s.[content_digest], @P1, @P1
FROM #cost_center s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;

SELECT @total = COUNT_BIG(*) FROM dbo.cost_center WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == take in cost_center, complete true
DECLARE @added bigint, @changed bigint, @removed bigint, @revived bigint, @moved bigint, @total bigint;
SET @revived = 0;
SET @moved = 0;
SET @removed = 0;
INSERT INTO #fate (stage_row, fate)
SELECT s.stage_row, CASE WHEN t.[name] IS NULL THEN 1 ELSE 2 END
FROM #cost_center s LEFT JOIN dbo.cost_center t ON t.[name] = s.[name]
WHERE t.[name] IS NULL OR ((t.removed_at IS NOT NULL OR t.content_digest <> s.content_digest));
UPDATE t SET [extra] = s.[extra], [content_digest] = s.[content_digest], changed_at = @P1, removed_at = NULL
FROM dbo.cost_center t JOIN #cost_center s ON t.[name] = s.[name] JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 2;
SET @changed = @@ROWCOUNT;

INSERT INTO dbo.cost_center ([name], [extra], [content_digest], first_seen_at, changed_at)
SELECT s.[name], s.[extra], s.[content_digest], @P1, @P1
FROM #cost_center s JOIN #fate f ON f.stage_row = s.stage_row
WHERE f.fate = 1;
SET @added = @@ROWCOUNT;
UPDATE t SET [removed_at] = @P1 FROM dbo.cost_center t
WHERE t.[removed_at] IS NULL AND NOT EXISTS (SELECT 1 FROM #cost_center s WHERE t.[name] = s.[name]);
SET @removed = @@ROWCOUNT;
SELECT @total = COUNT_BIG(*) FROM dbo.cost_center WHERE [removed_at] IS NULL;
SELECT @added + @revived - @moved, @changed + @moved, @removed, @total;
GO

-- == page of cost_center, removed false, after false
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[cost_center] WHERE [removed_at] IS NULL ORDER BY [name];
GO

-- == page of cost_center, removed false, after true
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[cost_center] WHERE [removed_at] IS NULL AND (([name] > @P1)) ORDER BY [name];
GO

-- == page of cost_center, removed true, after false
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[cost_center] ORDER BY [name];
GO

-- == page of cost_center, removed true, after true
SELECT TOP (1000) [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM dbo.[cost_center] WHERE (([name] > @P1)) ORDER BY [name];
GO

-- == count cost_center
SELECT COUNT_BIG(*) FROM dbo.[cost_center] WHERE [removed_at] IS NULL;
GO

-- == distinct cost_center name
SELECT DISTINCT CAST([name] AS nvarchar(400)) COLLATE Latin1_General_100_BIN2 AS value FROM dbo.[cost_center] WHERE [removed_at] IS NULL AND [name] IS NOT NULL;
GO

-- == record run
DELETE FROM dbo.sync_run WHERE id = CAST(@P1 AS varchar(255));
INSERT INTO dbo.sync_run (id, started_at, finished_at, outcome, entities, error) VALUES (@P1, @P2, @P3, @P4, @P5, NULLIF(@P6, N''));
DELETE FROM dbo.sync_run WHERE id NOT IN (SELECT TOP (1000) id FROM dbo.sync_run ORDER BY started_at DESC, id DESC);
GO

-- == reporting, allowed true
GRANT SELECT ON dbo.[v_call] TO callsync_reader;
GRANT SELECT ON dbo.[v_call_daily] TO callsync_reader;
GRANT SELECT ON dbo.[v_user_daily] TO callsync_reader;
GRANT SELECT ON dbo.[v_queue_daily] TO callsync_reader;
GO

-- == reporting, allowed false
REVOKE SELECT ON dbo.[v_call] FROM callsync_reader;
REVOKE SELECT ON dbo.[v_call_daily] FROM callsync_reader;
REVOKE SELECT ON dbo.[v_user_daily] FROM callsync_reader;
REVOKE SELECT ON dbo.[v_queue_daily] FROM callsync_reader;
GO

-- == strangers
SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA <> N'dbo' OR TABLE_NAME NOT IN (N'call_history', N'call_element', N'zoom_user', N'zoom_group', N'zoom_group_member', N'zoom_role', N'zoom_role_member', N'phone_user', N'phone_site', N'call_queue', N'call_queue_member', N'auto_receptionist', N'common_area', N'shared_line_group', N'phone_device', N'phone_number', N'department', N'cost_center', N'rejected_record', N'collection_window', N'element_backlog', N'collection_watermark', N'backfill_request', N'collection_counter', N'disposal', N'sync_run', N'write_probe', N'database_identity', N'schema_migration', N'directory_placement', N'v_call', N'v_call_daily', N'v_user_daily', N'v_queue_daily');
GO

-- == drop ours
DROP VIEW IF EXISTS dbo.[v_queue_daily];
DROP VIEW IF EXISTS dbo.[v_user_daily];
DROP VIEW IF EXISTS dbo.[v_call_daily];
DROP VIEW IF EXISTS dbo.[v_call];
DROP TABLE IF EXISTS dbo.[call_history];
DROP TABLE IF EXISTS dbo.[call_element];
DROP TABLE IF EXISTS dbo.[zoom_user];
DROP TABLE IF EXISTS dbo.[zoom_group];
DROP TABLE IF EXISTS dbo.[zoom_group_member];
DROP TABLE IF EXISTS dbo.[zoom_role];
DROP TABLE IF EXISTS dbo.[zoom_role_member];
DROP TABLE IF EXISTS dbo.[phone_user];
DROP TABLE IF EXISTS dbo.[phone_site];
DROP TABLE IF EXISTS dbo.[call_queue];
DROP TABLE IF EXISTS dbo.[call_queue_member];
DROP TABLE IF EXISTS dbo.[auto_receptionist];
DROP TABLE IF EXISTS dbo.[common_area];
DROP TABLE IF EXISTS dbo.[shared_line_group];
DROP TABLE IF EXISTS dbo.[phone_device];
DROP TABLE IF EXISTS dbo.[phone_number];
DROP TABLE IF EXISTS dbo.[department];
DROP TABLE IF EXISTS dbo.[cost_center];
DROP TABLE IF EXISTS dbo.[rejected_record];
DROP TABLE IF EXISTS dbo.[collection_window];
DROP TABLE IF EXISTS dbo.[element_backlog];
DROP TABLE IF EXISTS dbo.[collection_watermark];
DROP TABLE IF EXISTS dbo.[backfill_request];
DROP TABLE IF EXISTS dbo.[collection_counter];
DROP TABLE IF EXISTS dbo.[disposal];
DROP TABLE IF EXISTS dbo.[sync_run];
DROP TABLE IF EXISTS dbo.[write_probe];
DROP TABLE IF EXISTS dbo.[schema_migration];
DROP TABLE IF EXISTS dbo.[directory_placement];
DROP TABLE IF EXISTS dbo.[database_identity];
GO

-- == lock out
ALTER DATABASE [calls] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;
GO

-- == drop database
DROP DATABASE [calls];
GO

