-- == database 0
CREATE DATABASE [a]]b;--];
GO

-- == database 1
IF SERVERPROPERTY('BabelfishVersion') IS NULL EXEC sp_executesql N'ALTER DATABASE [a]]b;--] SET READ_COMMITTED_SNAPSHOT ON';
GO

-- == version 1 batch 0
-- One row a call. call_id is shared by transferred calls and never a key.
CREATE TABLE dbo.[call_history] (
  [call_history_uuid] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [deleted_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL,
  CONSTRAINT [pk_call_history] PRIMARY KEY NONCLUSTERED ([call_history_uuid])
);
GO

-- == version 1 batch 1
-- Ranges and newest-first pages by end time; deleted_at lets a window be counted from the index alone.
CREATE CLUSTERED INDEX [call_history_by_end] ON dbo.[call_history] ([end_time], [call_history_uuid]);
GO

-- == version 1 batch 2
-- One row a leg of a call.
CREATE TABLE dbo.[call_element] (
  [call_element_id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [call_history_uuid] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [deleted_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL,
  CONSTRAINT [pk_call_element] PRIMARY KEY CLUSTERED ([call_history_uuid], [call_element_id])
);
GO

-- == version 1 batch 3
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[zoom_user] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_zoom_user] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 4
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[zoom_group] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [name] nvarchar(400) NULL,
  [total_members] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_zoom_group] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 5
-- Memberships; a row is current while valid_to is NULL, and a return starts a new row.
CREATE TABLE dbo.[zoom_group_member] (
  [group_id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [email] nvarchar(400) NULL,
  [first_name] nvarchar(400) NULL,
  [last_name] nvarchar(400) NULL,
  [type] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [valid_from] datetime2(0) NOT NULL,
  [valid_to] datetime2(0) NULL,
  CONSTRAINT [pk_zoom_group_member] PRIMARY KEY CLUSTERED ([group_id], [id], [valid_from])
);
GO

-- == version 1 batch 6
-- What a person belonged to at the time of a call.
CREATE INDEX [zoom_group_member_by_member] ON dbo.[zoom_group_member] ([id], [valid_from]);
GO

-- == version 1 batch 7
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[zoom_role] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [name] nvarchar(400) NULL,
  [description] nvarchar(400) NULL,
  [type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [total_members] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_zoom_role] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 8
-- Memberships; a row is current while valid_to is NULL, and a return starts a new row.
CREATE TABLE dbo.[zoom_role_member] (
  [role_id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [email] nvarchar(400) NULL,
  [first_name] nvarchar(400) NULL,
  [last_name] nvarchar(400) NULL,
  [department] nvarchar(400) NULL,
  [type] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [valid_from] datetime2(0) NOT NULL,
  [valid_to] datetime2(0) NULL,
  CONSTRAINT [pk_zoom_role_member] PRIMARY KEY CLUSTERED ([role_id], [id], [valid_from])
);
GO

-- == version 1 batch 9
-- What a person belonged to at the time of a call.
CREATE INDEX [zoom_role_member_by_member] ON dbo.[zoom_role_member] ([id], [valid_from]);
GO

-- == version 1 batch 10
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[phone_user] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_phone_user] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 11
-- Calls name their parties by extension id.
CREATE INDEX [phone_user_by_extension] ON dbo.[phone_user] ([extension_id]);
GO

-- == version 1 batch 12
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[phone_site] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [name] nvarchar(400) NULL,
  [country_code] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [country_name] nvarchar(400) NULL,
  [main_auto_receptionist_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [main_auto_receptionist_name] nvarchar(400) NULL,
  [main_auto_receptionist_extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [main_auto_receptionist_extension_number] bigint NULL,
  [site_code] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_phone_site] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 13
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[call_queue] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_call_queue] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 14
-- Calls name their parties by extension id.
CREATE INDEX [call_queue_by_extension] ON dbo.[call_queue] ([extension_id]);
GO

-- == version 1 batch 15
-- Memberships; a row is current while valid_to is NULL, and a return starts a new row.
CREATE TABLE dbo.[call_queue_member] (
  [call_queue_id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [level] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [receive_call] bit NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [valid_from] datetime2(0) NOT NULL,
  [valid_to] datetime2(0) NULL,
  CONSTRAINT [pk_call_queue_member] PRIMARY KEY CLUSTERED ([call_queue_id], [id], [valid_from])
);
GO

-- == version 1 batch 16
-- What a person belonged to at the time of a call.
CREATE INDEX [call_queue_member_by_member] ON dbo.[call_queue_member] ([id], [valid_from]);
GO

-- == version 1 batch 17
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[auto_receptionist] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_auto_receptionist] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 18
-- Calls name their parties by extension id.
CREATE INDEX [auto_receptionist_by_extension] ON dbo.[auto_receptionist] ([extension_id]);
GO

-- == version 1 batch 19
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[common_area] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_common_area] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 20
-- Calls name their parties by extension id.
CREATE INDEX [common_area_by_extension] ON dbo.[common_area] ([extension_id]);
GO

-- == version 1 batch 21
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[shared_line_group] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [display_name] nvarchar(400) NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extension_number] bigint NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [status] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [phone_numbers] nvarchar(max) NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_shared_line_group] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 22
-- Calls name their parties by extension id.
CREATE INDEX [shared_line_group_by_extension] ON dbo.[shared_line_group] ([extension_id]);
GO

-- == version 1 batch 23
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[phone_device] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_phone_device] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 24
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[phone_number] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
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
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_phone_number] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 25
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[department] (
  [name] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_department] PRIMARY KEY CLUSTERED ([name])
);
GO

-- == version 1 batch 26
-- One row an entry; removed_at is set when Zoom no longer lists it.
CREATE TABLE dbo.[cost_center] (
  [name] nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  [removed_at] datetime2(0) NULL,
  CONSTRAINT [pk_cost_center] PRIMARY KEY CLUSTERED ([name])
);
GO

-- == version 1 batch 27
-- Records that Zoom sent without a key, as they came. The same record is kept once.
CREATE TABLE dbo.[rejected_record] (
  [id] bigint IDENTITY(1,1) NOT NULL,
  [entity] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [reason] nvarchar(400) NOT NULL,
  [json] nvarchar(max) NOT NULL,
  [digest] varbinary(16) NOT NULL,
  [first_seen_at] datetime2(0) NOT NULL,
  CONSTRAINT [pk_rejected_record] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 28
-- A record that is rejected at every poll is kept once.
CREATE UNIQUE INDEX [rejected_record_by_digest] ON dbo.[rejected_record] ([digest]);
GO

-- == version 1 batch 29
-- The ledger: per window [window_from, window_to) of call end times what Zoom has and what is held here. state: complete, incomplete (a gap), unverified (Zoom named no total), superseded (a complete window covers it).
CREATE TABLE dbo.[collection_window] (
  [window_from] datetime2(0) NOT NULL,
  [window_to] datetime2(0) NOT NULL,
  [zoom_total] bigint NULL,
  [received] bigint NOT NULL,
  [held] bigint NOT NULL,
  [state] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [clamped] bit NOT NULL,
  [first_collected_at] datetime2(0) NOT NULL,
  [compared_at] datetime2(0) NOT NULL,
  CONSTRAINT [pk_collection_window] PRIMARY KEY CLUSTERED ([window_from], [window_to])
);
GO

-- == version 1 batch 30
-- Gaps are counted at every status and there are few of them.
CREATE INDEX [collection_window_gaps] ON dbo.[collection_window] ([window_to]) WHERE [state] = 'incomplete';
GO

-- == version 1 batch 31
-- Calls whose elements are still to be fetched (state pending), or will not be (given_up, with the reason).
CREATE TABLE dbo.[element_backlog] (
  [call_history_uuid] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [call_end_time] datetime2(0) NULL,
  [state] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [attempts] bigint NOT NULL,
  [next_attempt_at] datetime2(0) NOT NULL,
  [queued_at] datetime2(0) NOT NULL,
  [reason] nvarchar(400) NULL,
  CONSTRAINT [pk_element_backlog] PRIMARY KEY CLUSTERED ([call_history_uuid])
);
GO

-- == version 1 batch 32
-- The newest calls come first; what is not due is skipped within the index.
CREATE INDEX [element_backlog_newest] ON dbo.[element_backlog] ([call_end_time], [next_attempt_at]) WHERE [state] = 'pending';
GO

-- == version 1 batch 33
-- When the next one is due.
CREATE INDEX [element_backlog_due] ON dbo.[element_backlog] ([next_attempt_at]) WHERE [state] = 'pending';
GO

-- == version 1 batch 34
-- Polling has seen every call that ended before seen_until and was published by then.
CREATE TABLE dbo.[collection_watermark] (
  [id] bigint NOT NULL,
  [seen_until] datetime2(0) NOT NULL,
  [written_at] datetime2(0) NOT NULL,
  CONSTRAINT [pk_collection_watermark] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 35
-- Requests for the past. Work goes from span_to down; everything from done_until to span_to is collected.
CREATE TABLE dbo.[backfill_request] (
  [id] bigint IDENTITY(1,1) NOT NULL,
  [span_from] datetime2(0) NOT NULL,
  [span_to] datetime2(0) NOT NULL,
  [done_until] datetime2(0) NOT NULL,
  [state] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [requested_at] datetime2(0) NOT NULL,
  [changed_at] datetime2(0) NOT NULL,
  CONSTRAINT [pk_backfill_request] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 36
-- Row counts of large tables, kept in the same transactions as the rows.
CREATE TABLE dbo.[collection_counter] (
  [name] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [value] bigint NOT NULL,
  CONSTRAINT [pk_collection_counter] PRIMARY KEY CLUSTERED ([name])
);
GO

-- == version 1 batch 37
-- The newest thousand runs of directory sync.
CREATE TABLE dbo.[sync_run] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [started_at] datetime2(0) NOT NULL,
  [finished_at] datetime2(0) NOT NULL,
  [outcome] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [entities] nvarchar(max) NOT NULL,
  [error] nvarchar(400) NULL,
  CONSTRAINT [pk_sync_run] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 38
-- Written and deleted again to prove that collection can write.
CREATE TABLE dbo.[write_probe] (
  [id] bigint NOT NULL,
  [written_at] datetime2(0) NOT NULL,
  CONSTRAINT [pk_write_probe] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 39
-- Whose database this is. One row.
CREATE TABLE dbo.[database_identity] (
  [id] bigint NOT NULL,
  [owner_account] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [zoom_account_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [created_at] datetime2(0) NOT NULL,
  [owned_since] datetime2(0) NOT NULL,
  CONSTRAINT [pk_database_identity] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 1 batch 40
-- Versions of this schema and when each was applied.
CREATE TABLE dbo.[schema_migration] (
  [version] bigint NOT NULL,
  [applied_at] datetime2(0) NOT NULL,
  [description] nvarchar(400) NOT NULL,
  CONSTRAINT [pk_schema_migration] PRIMARY KEY CLUSTERED ([version])
);
GO

-- == version 1 batch 41
INSERT INTO dbo.collection_counter (name, value) VALUES ('records', 0), ('elements', 0), ('elements_pending', 0), ('rejected', 0);
GO

-- == version 1 batch 42
CREATE VIEW dbo.v_call AS
-- One row a call, with the names that held when it ended. 'Own' is the side of the call that is ours: the caller of an
-- outbound call, the callee of any other. Site, department and cost centre come from the record itself; where Zoom left
-- them empty, from the role membership valid at the call's end, then from the phone user, then from the user.
-- All times are UTC; durations are in seconds.
SELECT
  c.call_history_uuid, c.call_id, c.direction, c.connect_type, c.call_type, c.call_result, c.international,
  c.start_time, c.answer_time, c.end_time, c.duration,
  CASE WHEN c.call_result IN ('answered', 'accepted', 'picked_up', 'connected', 'succeeded') THEN 1 WHEN c.call_result IS NOT NULL THEN 0 END AS answered,
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
  CASE WHEN c.callee_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.callee_name, N''),
         (SELECT TOP (1) q.name FROM dbo.call_queue q WHERE q.extension_id = c.callee_ext_id
           ORDER BY CASE WHEN q.removed_at IS NULL THEN 0 ELSE 1 END, q.id))
       WHEN c.caller_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.caller_name, N''),
         (SELECT TOP (1) q.name FROM dbo.call_queue q WHERE q.extension_id = c.caller_ext_id
           ORDER BY CASE WHEN q.removed_at IS NULL THEN 0 ELSE 1 END, q.id))
  END AS queue_name,
  c.recording_status, c.spam, c.first_seen_at, c.changed_at, c.deleted_at
FROM (
  -- An extension can pass from one person to the next: whoever had it when the call ended, else whoever ever had it.
  SELECT h.*,
    COALESCE(
      (SELECT TOP (1) p.id FROM dbo.phone_user p WHERE p.extension_id = h.caller_ext_id
        AND (p.removed_at IS NULL OR p.removed_at > h.end_time) ORDER BY p.first_seen_at, p.id),
      (SELECT TOP (1) p.id FROM dbo.phone_user p WHERE p.extension_id = h.caller_ext_id ORDER BY p.first_seen_at, p.id)
    ) AS caller_user,
    COALESCE(
      (SELECT TOP (1) p.id FROM dbo.phone_user p WHERE p.extension_id = h.callee_ext_id
        AND (p.removed_at IS NULL OR p.removed_at > h.end_time) ORDER BY p.first_seen_at, p.id),
      (SELECT TOP (1) p.id FROM dbo.phone_user p WHERE p.extension_id = h.callee_ext_id ORDER BY p.first_seen_at, p.id)
    ) AS callee_user
  FROM dbo.call_history h
) c
LEFT JOIN dbo.phone_user caller ON caller.id = c.caller_user
LEFT JOIN dbo.phone_user callee ON callee.id = c.callee_user
LEFT JOIN dbo.phone_user own ON own.id = CASE c.direction WHEN 'outbound' THEN c.caller_user ELSE c.callee_user END;
GO

-- == version 1 batch 43
CREATE VIEW dbo.v_call_daily AS
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
GROUP BY CAST(end_time AS date), site_id, site_name, department, direction;
GO

-- == version 1 batch 44
CREATE VIEW dbo.v_user_daily AS
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
    CASE WHEN c.call_result IN ('answered', 'accepted', 'picked_up', 'connected', 'succeeded') THEN 1 ELSE 0 END AS answered, c.caller_name AS user_name, c.caller_email AS user_email
  FROM dbo.call_history c WHERE c.caller_ext_type = 'user' AND c.end_time IS NOT NULL
  UNION ALL
  SELECT CAST(c.end_time AS date), c.callee_ext_id, 0, c.duration,
    CASE WHEN c.call_result IN ('answered', 'accepted', 'picked_up', 'connected', 'succeeded') THEN 1 ELSE 0 END, c.callee_name, c.callee_email
  FROM dbo.call_history c WHERE c.callee_ext_type = 'user' AND c.end_time IS NOT NULL
) sides
GROUP BY sides.day, sides.ext_id;
GO

-- == version 1 batch 45
CREATE VIEW dbo.v_queue_daily AS
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
GROUP BY CAST(end_time AS date), queue_ext_id, queue_name;
GO

-- == version 1 batch 46
IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'callsync_writer') CREATE ROLE callsync_writer;
GO

-- == version 1 batch 47
IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'callsync_reader') CREATE ROLE callsync_reader;
GO

-- == version 1 batch 48
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[call_history] TO callsync_writer;
GO

-- == version 1 batch 49
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[call_element] TO callsync_writer;
GO

-- == version 1 batch 50
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[zoom_user] TO callsync_writer;
GO

-- == version 1 batch 51
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[zoom_group] TO callsync_writer;
GO

-- == version 1 batch 52
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[zoom_group_member] TO callsync_writer;
GO

-- == version 1 batch 53
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[zoom_role] TO callsync_writer;
GO

-- == version 1 batch 54
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[zoom_role_member] TO callsync_writer;
GO

-- == version 1 batch 55
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[phone_user] TO callsync_writer;
GO

-- == version 1 batch 56
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[phone_site] TO callsync_writer;
GO

-- == version 1 batch 57
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[call_queue] TO callsync_writer;
GO

-- == version 1 batch 58
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[call_queue_member] TO callsync_writer;
GO

-- == version 1 batch 59
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[auto_receptionist] TO callsync_writer;
GO

-- == version 1 batch 60
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[common_area] TO callsync_writer;
GO

-- == version 1 batch 61
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[shared_line_group] TO callsync_writer;
GO

-- == version 1 batch 62
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[phone_device] TO callsync_writer;
GO

-- == version 1 batch 63
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[phone_number] TO callsync_writer;
GO

-- == version 1 batch 64
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[department] TO callsync_writer;
GO

-- == version 1 batch 65
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[cost_center] TO callsync_writer;
GO

-- == version 1 batch 66
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[rejected_record] TO callsync_writer;
GO

-- == version 1 batch 67
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[collection_window] TO callsync_writer;
GO

-- == version 1 batch 68
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[element_backlog] TO callsync_writer;
GO

-- == version 1 batch 69
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[collection_watermark] TO callsync_writer;
GO

-- == version 1 batch 70
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[backfill_request] TO callsync_writer;
GO

-- == version 1 batch 71
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[collection_counter] TO callsync_writer;
GO

-- == version 1 batch 72
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[sync_run] TO callsync_writer;
GO

-- == version 1 batch 73
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[write_probe] TO callsync_writer;
GO

-- == version 1 batch 74
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[database_identity] TO callsync_writer;
GO

-- == version 1 batch 75
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[schema_migration] TO callsync_writer;
GO

-- == version 1 batch 76
GRANT SELECT ON dbo.[v_call] TO callsync_writer;
GO

-- == version 1 batch 77
GRANT SELECT ON dbo.[v_call] TO callsync_reader;
GO

-- == version 1 batch 78
GRANT SELECT ON dbo.[v_call_daily] TO callsync_writer;
GO

-- == version 1 batch 79
GRANT SELECT ON dbo.[v_call_daily] TO callsync_reader;
GO

-- == version 1 batch 80
GRANT SELECT ON dbo.[v_user_daily] TO callsync_writer;
GO

-- == version 1 batch 81
GRANT SELECT ON dbo.[v_user_daily] TO callsync_reader;
GO

-- == version 1 batch 82
GRANT SELECT ON dbo.[v_queue_daily] TO callsync_writer;
GO

-- == version 1 batch 83
GRANT SELECT ON dbo.[v_queue_daily] TO callsync_reader;
GO

-- == version 1 entry
INSERT INTO dbo.schema_migration (version, applied_at, description) VALUES (1, SYSUTCDATETIME(), N'calls, elements, directory, ledger, reporting views');
GO

-- == version 2 batch 0
ALTER TABLE dbo.[collection_window] ADD [stage] bigint NULL;
GO

-- == version 2 batch 1
ALTER TABLE dbo.[collection_window] ADD [next_compare_at] datetime2(0) NULL;
GO

-- == version 2 batch 2
ALTER TABLE dbo.[collection_window] ADD [attempts] bigint NULL;
GO

-- == version 2 batch 3
ALTER TABLE dbo.[collection_window] ADD [deleted] bigint NULL;
GO

-- == version 2 batch 4
ALTER TABLE dbo.[collection_window] ADD [note] nvarchar(400) NULL;
GO

-- == version 2 batch 5
ALTER TABLE dbo.[collection_watermark] ADD [accounted_from] datetime2(0) NULL;
GO

-- == version 2 batch 6
-- Gaps that Zoom cannot fill any more are counted with the others.
CREATE INDEX [collection_window_lost] ON dbo.[collection_window] ([window_to]) WHERE [state] = 'lost';
GO

-- == version 2 batch 7
-- What is to be compared next, and when.
CREATE INDEX [collection_window_due] ON dbo.[collection_window] ([next_compare_at], [window_from], [window_to]);
GO

-- == version 2 batch 8
UPDATE dbo.collection_watermark SET accounted_from = seen_until;
GO

-- == version 2 batch 9
UPDATE dbo.collection_window SET stage = 0, next_compare_at = compared_at, attempts = 0, [deleted] = 0,
  state = CASE state WHEN 'superseded' THEN 'pending' ELSE state END;
GO

-- == version 2 entry
INSERT INTO dbo.schema_migration (version, applied_at, description) VALUES (2, SYSUTCDATETIME(), N'the ledger knows what is compared next');
GO

-- == version 3 batch 0
-- Runs that disposed of rows (kind purge, archive, restore, erase) with what they took; no personal data.
CREATE TABLE dbo.[disposal] (
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [kind] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [started_at] datetime2(0) NOT NULL,
  [finished_at] datetime2(0) NULL,
  [calls_before] datetime2(0) NULL,
  [elements_before] datetime2(0) NULL,
  [directory_before] datetime2(0) NULL,
  [history_before] datetime2(0) NULL,
  [calls] bigint NOT NULL,
  [elements] bigint NOT NULL,
  [rejected] bigint NOT NULL,
  [directory] bigint NOT NULL,
  [history] bigint NOT NULL,
  [held] bigint NOT NULL,
  CONSTRAINT [pk_disposal] PRIMARY KEY CLUSTERED ([id])
);
GO

-- == version 3 batch 1
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[disposal] TO callsync_writer;
GO

-- == version 3 entry
INSERT INTO dbo.schema_migration (version, applied_at, description) VALUES (3, SYSUTCDATETIME(), N'runs that dispose of rows');
GO

-- == version 4 batch 0
ALTER TABLE dbo.[zoom_user] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 1
ALTER TABLE dbo.[zoom_group] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 2
ALTER TABLE dbo.[zoom_group_member] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 3
ALTER TABLE dbo.[zoom_role] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 4
ALTER TABLE dbo.[zoom_role_member] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 5
ALTER TABLE dbo.[phone_user] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 6
ALTER TABLE dbo.[phone_site] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 7
ALTER TABLE dbo.[call_queue] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 8
ALTER TABLE dbo.[call_queue_member] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 9
ALTER TABLE dbo.[auto_receptionist] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 10
ALTER TABLE dbo.[common_area] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 11
ALTER TABLE dbo.[shared_line_group] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 12
ALTER TABLE dbo.[phone_device] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 13
ALTER TABLE dbo.[phone_number] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 14
ALTER TABLE dbo.[department] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 batch 15
ALTER TABLE dbo.[cost_center] ADD [erased_at] datetime2(0) NULL;
GO

-- == version 4 entry
INSERT INTO dbo.schema_migration (version, applied_at, description) VALUES (4, SYSUTCDATETIME(), N'directory entries tell when a person was erased from them');
GO

-- == version 5 batch 0
-- What entries of the directory (entity: their table) were called and where they belonged; current while valid_to is NULL.
CREATE TABLE dbo.[directory_placement] (
  [placement] bigint IDENTITY(1,1) NOT NULL,
  [entity] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NOT NULL,
  [valid_from] datetime2(0) NOT NULL,
  [valid_to] datetime2(0) NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [site_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [site_name] nvarchar(400) NULL,
  [department] nvarchar(400) NULL,
  [cost_center] nvarchar(400) NULL,
  CONSTRAINT [pk_directory_placement] PRIMARY KEY CLUSTERED ([placement])
);
GO

-- == version 5 batch 1
-- What held of an entry when a call ended.
CREATE INDEX [directory_placement_by_entry] ON dbo.[directory_placement] ([entity], [id], [valid_from]);
GO

-- == version 5 batch 2
-- Who had an extension when a call ended.
CREATE INDEX [directory_placement_by_extension] ON dbo.[directory_placement] ([entity], [extension_id], [valid_from], [id]);
GO

-- == version 5 batch 3
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.[directory_placement] TO callsync_writer;
GO

-- == version 5 batch 4
INSERT INTO dbo.directory_placement (entity, id, valid_from, valid_to, extension_id, name, site_id, site_name, department, cost_center)
SELECT 'phone_user', id, first_seen_at, removed_at, extension_id, name, site_id, site_name, department, cost_center FROM dbo.phone_user;
GO

-- == version 5 batch 5
INSERT INTO dbo.directory_placement (entity, id, valid_from, valid_to, department)
SELECT 'zoom_user', id, first_seen_at, removed_at, dept FROM dbo.zoom_user;
GO

-- == version 5 batch 6
INSERT INTO dbo.directory_placement (entity, id, valid_from, valid_to, extension_id, name)
SELECT 'call_queue', id, first_seen_at, removed_at, extension_id, name FROM dbo.call_queue;
GO

-- == version 5 batch 7
INSERT INTO dbo.directory_placement (entity, id, valid_from, valid_to, name)
SELECT 'phone_site', id, first_seen_at, removed_at, name FROM dbo.phone_site;
GO

-- == version 5 batch 8
INSERT INTO dbo.directory_placement (entity, id, valid_from, valid_to, name)
SELECT 'zoom_group', id, first_seen_at, removed_at, name FROM dbo.zoom_group;
GO

-- == version 5 batch 9
DROP VIEW IF EXISTS dbo.[v_queue_daily];
GO

-- == version 5 batch 10
DROP VIEW IF EXISTS dbo.[v_user_daily];
GO

-- == version 5 batch 11
DROP VIEW IF EXISTS dbo.[v_call_daily];
GO

-- == version 5 batch 12
DROP VIEW IF EXISTS dbo.[v_call];
GO

-- == version 5 batch 13
CREATE VIEW dbo.v_call AS
-- One row a call, with the names that held when it ended. 'Own' is the side of the call that is ours: the caller of an
-- outbound call, the callee of any other. Site, department and cost centre come from the record itself; where Zoom left
-- them empty, from the role membership valid at the call's end, then from the phone user, then from the user, as they
-- were when the call ended, or as they were first seen if that was later. Addresses are today's.
-- All times are UTC; durations are in seconds.
SELECT
  c.call_history_uuid, c.call_id, c.direction, c.connect_type, c.call_type, c.call_result, c.international,
  c.start_time, c.answer_time, c.end_time, c.duration,
  CASE WHEN c.call_result IN ('answered', 'accepted', 'picked_up', 'connected', 'succeeded') THEN 1 WHEN c.call_result IS NOT NULL THEN 0 END AS answered,
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
    NULLIF(COALESCE(
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'phone_site' AND p.id = COALESCE(NULLIF(c.site_id, ''), own.site_id)
        AND p.valid_from <= c.as_of ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'phone_site' AND p.id = COALESCE(NULLIF(c.site_id, ''), own.site_id)
        ORDER BY p.valid_from, p.id)), N''), own.site_name) AS site_name,
  COALESCE(NULLIF(c.department, N''),
    (SELECT TOP (1) m.department FROM dbo.zoom_role_member m
      WHERE m.id = own.id AND m.valid_from <= c.as_of AND (m.valid_to IS NULL OR m.valid_to > c.as_of)
        AND m.department <> N'' ORDER BY m.valid_from DESC, m.role_id),
    (SELECT TOP (1) m.department FROM dbo.zoom_role_member m
      WHERE m.id = own.id AND m.valid_from > c.as_of AND m.department <> N''
        AND m.valid_from = (SELECT MIN(f.valid_from) FROM dbo.zoom_role_member f WHERE f.id = own.id)
      ORDER BY m.role_id),
    NULLIF(own.department, N''),
    NULLIF(COALESCE(
      (SELECT TOP (1) COALESCE(p.department, N'') FROM dbo.directory_placement p WHERE p.entity = 'zoom_user' AND p.id = own.id
        AND p.valid_from <= c.as_of ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) COALESCE(p.department, N'') FROM dbo.directory_placement p WHERE p.entity = 'zoom_user' AND p.id = own.id
        ORDER BY p.valid_from, p.id)), N'')) AS department,
  COALESCE(NULLIF(c.cost_center, N''), own.cost_center) AS cost_center,
  (SELECT STRING_AGG(CAST(g.name AS nvarchar(max)), N'; ') FROM (SELECT NULLIF(COALESCE(
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'zoom_group' AND p.id = m.group_id
        AND p.valid_from <= c.as_of ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'zoom_group' AND p.id = m.group_id
        ORDER BY p.valid_from, p.id)), N'') AS name FROM dbo.zoom_group_member m
    WHERE m.id = own.id AND m.valid_from <= c.as_of AND (m.valid_to IS NULL OR m.valid_to > c.as_of)) g) AS user_groups,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN c.callee_ext_id
       WHEN c.caller_ext_type = 'call_queue' THEN c.caller_ext_id END AS queue_ext_id,
  CASE WHEN c.callee_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.callee_name, N''), NULLIF(COALESCE(
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'call_queue' AND p.extension_id = c.callee_ext_id
        AND p.valid_from <= c.as_of ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'call_queue' AND p.extension_id = c.callee_ext_id
        ORDER BY p.valid_from, p.id)), N''))
       WHEN c.caller_ext_type = 'call_queue' THEN COALESCE(NULLIF(c.caller_name, N''), NULLIF(COALESCE(
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'call_queue' AND p.extension_id = c.caller_ext_id
        AND p.valid_from <= c.as_of ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) COALESCE(p.name, N'') FROM dbo.directory_placement p WHERE p.entity = 'call_queue' AND p.extension_id = c.caller_ext_id
        ORDER BY p.valid_from, p.id)), N''))
  END AS queue_name,
  c.recording_status, c.spam, c.first_seen_at, c.changed_at, c.deleted_at
FROM (
  -- An extension can pass from one person to the next, and so has the placements of all who had it.
  SELECT h.*, COALESCE(h.end_time, h.first_seen_at) AS as_of,
    COALESCE(
      (SELECT TOP (1) p.placement FROM dbo.directory_placement p WHERE p.entity = 'phone_user' AND p.extension_id = h.caller_ext_id
        AND p.valid_from <= COALESCE(h.end_time, h.first_seen_at) ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) p.placement FROM dbo.directory_placement p WHERE p.entity = 'phone_user' AND p.extension_id = h.caller_ext_id
        ORDER BY p.valid_from, p.id)) AS caller_place,
    COALESCE(
      (SELECT TOP (1) p.placement FROM dbo.directory_placement p WHERE p.entity = 'phone_user' AND p.extension_id = h.callee_ext_id
        AND p.valid_from <= COALESCE(h.end_time, h.first_seen_at) ORDER BY p.valid_from DESC, p.id DESC),
      (SELECT TOP (1) p.placement FROM dbo.directory_placement p WHERE p.entity = 'phone_user' AND p.extension_id = h.callee_ext_id
        ORDER BY p.valid_from, p.id)) AS callee_place
  FROM dbo.call_history h
) c
LEFT JOIN dbo.directory_placement caller ON caller.placement = c.caller_place
LEFT JOIN dbo.directory_placement callee ON callee.placement = c.callee_place
LEFT JOIN dbo.directory_placement own ON own.placement = CASE c.direction WHEN 'outbound' THEN c.caller_place ELSE c.callee_place END;
GO

-- == version 5 batch 14
CREATE VIEW dbo.v_call_daily AS
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
GROUP BY CAST(end_time AS date), site_id, site_name, department, direction;
GO

-- == version 5 batch 15
CREATE VIEW dbo.v_user_daily AS
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
    CASE WHEN c.call_result IN ('answered', 'accepted', 'picked_up', 'connected', 'succeeded') THEN 1 ELSE 0 END AS answered, c.caller_name AS user_name, c.caller_email AS user_email
  FROM dbo.call_history c WHERE c.caller_ext_type = 'user' AND c.end_time IS NOT NULL
  UNION ALL
  SELECT CAST(c.end_time AS date), c.callee_ext_id, 0, c.duration,
    CASE WHEN c.call_result IN ('answered', 'accepted', 'picked_up', 'connected', 'succeeded') THEN 1 ELSE 0 END, c.callee_name, c.callee_email
  FROM dbo.call_history c WHERE c.callee_ext_type = 'user' AND c.end_time IS NOT NULL
) sides
GROUP BY sides.day, sides.ext_id;
GO

-- == version 5 batch 16
CREATE VIEW dbo.v_queue_daily AS
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
GROUP BY CAST(end_time AS date), queue_ext_id, queue_name;
GO

-- == version 5 batch 17
GRANT SELECT ON dbo.[v_call] TO callsync_writer;
GO

-- == version 5 batch 18
GRANT SELECT ON dbo.[v_call] TO callsync_reader;
GO

-- == version 5 batch 19
GRANT SELECT ON dbo.[v_call_daily] TO callsync_writer;
GO

-- == version 5 batch 20
GRANT SELECT ON dbo.[v_call_daily] TO callsync_reader;
GO

-- == version 5 batch 21
GRANT SELECT ON dbo.[v_user_daily] TO callsync_writer;
GO

-- == version 5 batch 22
GRANT SELECT ON dbo.[v_user_daily] TO callsync_reader;
GO

-- == version 5 batch 23
GRANT SELECT ON dbo.[v_queue_daily] TO callsync_writer;
GO

-- == version 5 batch 24
GRANT SELECT ON dbo.[v_queue_daily] TO callsync_reader;
GO

-- == version 5 entry
INSERT INTO dbo.schema_migration (version, applied_at, description) VALUES (5, SYSUTCDATETIME(), N'calls of the past keep the names, sites and departments of then');
GO

-- == version
SELECT COALESCE(MAX(version), 0) FROM dbo.schema_migration;
GO

