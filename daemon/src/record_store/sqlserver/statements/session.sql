-- == session
SET XACT_ABORT ON;
SET NOCOUNT ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET NUMERIC_ROUNDABORT OFF;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCK_TIMEOUT 30000;
GO

-- == begin
BEGIN TRANSACTION;
DECLARE @turn int;
EXEC @turn = sp_getapplock @Resource = N'callsync writer', @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = 30000;
SELECT @turn;
GO

-- == begin alone
BEGIN TRANSACTION;
GO

-- == commit
COMMIT TRANSACTION;
SELECT @@TRANCOUNT;
GO

-- == database exists
SELECT COUNT(*) FROM sys.databases WHERE name = @P1;
GO

-- == is babelfish
SELECT COUNT(*) WHERE SERVERPROPERTY('BabelfishVersion') IS NOT NULL;
GO

-- == content
SELECT
  (SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA <> N'sys')
    + (SELECT COUNT(*) FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA <> N'sys'),
  (SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = N'dbo' AND TABLE_NAME IN (N'database_identity', N'schema_migration'));
GO

-- == identity
SELECT owner_account, zoom_account_id FROM dbo.database_identity;
GO

-- == sign
INSERT INTO dbo.database_identity (id, owner_account, zoom_account_id, created_at, owned_since)
VALUES (1, @P1, NULLIF(@P2, N''), @P3, @P3);
GO

-- == take over
UPDATE dbo.database_identity SET zoom_account_id = COALESCE(NULLIF(@P2, N''), zoom_account_id),
  owned_since = CASE WHEN owner_account = @P1 THEN owned_since ELSE @P3 END, owner_account = @P1;
GO

-- == about the server
SELECT
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)),
  CAST(SERVERPROPERTY('Edition') AS nvarchar(128)),
  CAST(SERVERPROPERTY('EngineEdition') AS int),
  CAST(SERVERPROPERTY('BabelfishVersion') AS nvarchar(128)),
  CAST(SERVERPROPERTY('Collation') AS nvarchar(128)),
  SYSUTCDATETIME();
GO

-- == may create
SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE');
GO

-- == may work
SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'DELETE');
GO

-- == open databases
SELECT name FROM sys.databases
WHERE name NOT IN (N'master', N'tempdb', N'msdb', N'model') 
  AND (HAS_DBACCESS(name) = 1 OR SERVERPROPERTY('BabelfishVersion') IS NOT NULL) ORDER BY name;
GO

-- == trivial
SELECT 1;
GO

