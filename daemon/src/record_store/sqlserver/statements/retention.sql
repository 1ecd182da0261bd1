-- == count calls: everything, Dated
SELECT COUNT_BIG(*) FROM dbo.call_history c WHERE c.end_time IS NOT NULL;
GO

-- == count elements: everything, Dated
SELECT COUNT_BIG(*) FROM dbo.call_element l
WHERE l.call_history_uuid IN (SELECT c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NOT NULL);
GO

-- == keys: everything, Dated
SELECT TOP (100) c.end_time, c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NOT NULL ORDER BY c.end_time, c.call_history_uuid;
GO

-- == count calls: everything, Undated
SELECT COUNT_BIG(*) FROM dbo.call_history c WHERE c.end_time IS NULL;
GO

-- == count elements: everything, Undated
SELECT COUNT_BIG(*) FROM dbo.call_element l
WHERE l.call_history_uuid IN (SELECT c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NULL);
GO

-- == keys: everything, Undated
SELECT TOP (100) c.end_time, c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NULL ORDER BY c.call_history_uuid;
GO

-- == count calls: old and free, Dated
SELECT COUNT_BIG(*) FROM dbo.call_history c WHERE c.end_time IS NOT NULL AND c.end_time >= CAST(@P1 AS datetime2(0)) AND c.end_time < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P4 OR LOWER(COALESCE(c.callee_email, N'')) = @P4) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P4 OR LOWER(COALESCE(e.callee_email, N'')) = @P4)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P1 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P1 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))) AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog x WHERE x.call_history_uuid = c.call_history_uuid AND x.state = 'pending') AND EXISTS (SELECT 1 FROM dbo.call_element x WHERE x.call_history_uuid = c.call_history_uuid);
GO

-- == count elements: old and free, Dated
SELECT COUNT_BIG(*) FROM dbo.call_element l
WHERE l.call_history_uuid IN (SELECT c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NOT NULL AND c.end_time >= CAST(@P1 AS datetime2(0)) AND c.end_time < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P4 OR LOWER(COALESCE(c.callee_email, N'')) = @P4) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P4 OR LOWER(COALESCE(e.callee_email, N'')) = @P4)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P1 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P1 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))) AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog x WHERE x.call_history_uuid = c.call_history_uuid AND x.state = 'pending') AND EXISTS (SELECT 1 FROM dbo.call_element x WHERE x.call_history_uuid = c.call_history_uuid));
GO

-- == keys: old and free, Dated
SELECT TOP (100) c.end_time, c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NOT NULL AND c.end_time >= CAST(@P1 AS datetime2(0)) AND c.end_time < CAST(@P1 AS datetime2(0)) AND c.end_time >= CAST(@P1 AS datetime2(0)) AND (c.end_time > CAST(@P1 AS datetime2(0)) OR c.call_history_uuid > CAST(@P2 AS varchar(255))) AND NOT ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(c.caller_ext_number, N'') = @P4 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(c.callee_ext_number, N'') = @P4) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(e.caller_ext_number, N'') = @P4 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(e.callee_ext_number, N'') = @P4 OR COALESCE(e.operator_ext_number, N'') = @P4)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P5 OR LOWER(COALESCE(c.callee_email, N'')) = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P5 OR LOWER(COALESCE(e.callee_email, N'')) = @P5)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P1 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P1 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P6 OR COALESCE(c.callee_ext_number, N'') = @P6) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P6 OR COALESCE(e.callee_ext_number, N'') = @P6 OR COALESCE(e.operator_ext_number, N'') = @P6))))) AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog x WHERE x.call_history_uuid = c.call_history_uuid AND x.state = 'pending') AND EXISTS (SELECT 1 FROM dbo.call_element x WHERE x.call_history_uuid = c.call_history_uuid) ORDER BY c.end_time, c.call_history_uuid;
GO

-- == count calls: old and free, Undated
SELECT COUNT_BIG(*) FROM dbo.call_history c WHERE c.end_time IS NULL AND c.first_seen_at >= CAST(@P1 AS datetime2(0)) AND c.first_seen_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P4 OR LOWER(COALESCE(c.callee_email, N'')) = @P4) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P4 OR LOWER(COALESCE(e.callee_email, N'')) = @P4)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P1 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P1 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))) AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog x WHERE x.call_history_uuid = c.call_history_uuid AND x.state = 'pending') AND EXISTS (SELECT 1 FROM dbo.call_element x WHERE x.call_history_uuid = c.call_history_uuid);
GO

-- == count elements: old and free, Undated
SELECT COUNT_BIG(*) FROM dbo.call_element l
WHERE l.call_history_uuid IN (SELECT c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NULL AND c.first_seen_at >= CAST(@P1 AS datetime2(0)) AND c.first_seen_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P4 OR LOWER(COALESCE(c.callee_email, N'')) = @P4) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P4 OR LOWER(COALESCE(e.callee_email, N'')) = @P4)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P1 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P1 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))) AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog x WHERE x.call_history_uuid = c.call_history_uuid AND x.state = 'pending') AND EXISTS (SELECT 1 FROM dbo.call_element x WHERE x.call_history_uuid = c.call_history_uuid));
GO

-- == keys: old and free, Undated
SELECT TOP (100) c.end_time, c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NULL AND c.first_seen_at >= CAST(@P1 AS datetime2(0)) AND c.first_seen_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P4 OR LOWER(COALESCE(c.callee_email, N'')) = @P4) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P4 OR LOWER(COALESCE(e.callee_email, N'')) = @P4)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P1 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P1 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))) AND NOT EXISTS (SELECT 1 FROM dbo.element_backlog x WHERE x.call_history_uuid = c.call_history_uuid AND x.state = 'pending') AND EXISTS (SELECT 1 FROM dbo.call_element x WHERE x.call_history_uuid = c.call_history_uuid) ORDER BY c.call_history_uuid;
GO

-- == count calls: a person, held, Dated
SELECT COUNT_BIG(*) FROM dbo.call_history c WHERE c.end_time IS NOT NULL AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1))) AND ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P4 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P4 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5)))));
GO

-- == count elements: a person, held, Dated
SELECT COUNT_BIG(*) FROM dbo.call_element l
WHERE l.call_history_uuid IN (SELECT c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NOT NULL AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1))) AND ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P4 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P4 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))));
GO

-- == keys: a person, held, Dated
SELECT TOP (100) c.end_time, c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NOT NULL AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1))) AND ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P4 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P4 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))) ORDER BY c.end_time, c.call_history_uuid;
GO

-- == count calls: a person, held, Undated
SELECT COUNT_BIG(*) FROM dbo.call_history c WHERE c.end_time IS NULL AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1))) AND ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P4 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P4 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5)))));
GO

-- == count elements: a person, held, Undated
SELECT COUNT_BIG(*) FROM dbo.call_element l
WHERE l.call_history_uuid IN (SELECT c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NULL AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1))) AND ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(c.callee_ext_number, N'') = @P3) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.caller_ext_number, N'') = @P3 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR COALESCE(e.callee_ext_number, N'') = @P3 OR COALESCE(e.operator_ext_number, N'') = @P3)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P1 OR LOWER(COALESCE(c.callee_email, N'')) = @P1) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P1 OR LOWER(COALESCE(e.callee_email, N'')) = @P1)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P4 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P4 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P5 OR COALESCE(c.callee_ext_number, N'') = @P5) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P5 OR COALESCE(e.callee_ext_number, N'') = @P5 OR COALESCE(e.operator_ext_number, N'') = @P5))))));
GO

-- == keys: a person, held, Undated
SELECT TOP (100) c.end_time, c.call_history_uuid FROM dbo.call_history c WHERE c.end_time IS NULL AND c.call_history_uuid > CAST(@P1 AS varchar(255)) AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P2 OR LOWER(COALESCE(c.callee_email, N'')) = @P2) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P2 OR LOWER(COALESCE(e.callee_email, N'')) = @P2))) AND ((1 = 1) OR (1 = 1 AND ((1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(c.caller_ext_number, N'') = @P4 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(c.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(c.callee_ext_number, N'') = @P4) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.caller_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(e.caller_ext_number, N'') = @P4 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(e.callee_did_number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P3 OR COALESCE(e.callee_ext_number, N'') = @P4 OR COALESCE(e.operator_ext_number, N'') = @P4)))) OR (1 = 1 AND ((1 = 0 OR LOWER(COALESCE(c.caller_email, N'')) = @P2 OR LOWER(COALESCE(c.callee_email, N'')) = @P2) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR LOWER(COALESCE(e.caller_email, N'')) = @P2 OR LOWER(COALESCE(e.callee_email, N'')) = @P2)))) OR (1 = 1 AND (c.end_time IS NULL OR c.end_time >= CAST(@P5 AS datetime2(0))) AND (c.end_time IS NULL OR c.end_time < CAST(@P5 AS datetime2(0))) AND ((1 = 0 OR COALESCE(c.caller_ext_number, N'') = @P6 OR COALESCE(c.callee_ext_number, N'') = @P6) OR EXISTS (SELECT 1 FROM dbo.call_element e WHERE e.call_history_uuid = c.call_history_uuid AND (1 = 0 OR COALESCE(e.caller_ext_number, N'') = @P6 OR COALESCE(e.callee_ext_number, N'') = @P6 OR COALESCE(e.operator_ext_number, N'') = @P6))))) ORDER BY c.call_history_uuid;
GO

-- == pile zoom_user
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P2)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[zoom_user] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile zoom_user
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[zoom_user] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P2)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
IF @gone < 100
DELETE FROM dbo.directory_placement WHERE entity = 'zoom_user' AND (NOT EXISTS (SELECT 1 FROM dbo.zoom_user p WHERE p.id = directory_placement.id) OR (valid_to < CAST(@P1 AS datetime2(0)) AND NOT EXISTS (SELECT 1 FROM dbo.zoom_user p WHERE p.id = directory_placement.id AND ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P2)) OR (1 = 1 AND (p.removed_at IS NULL OR p.removed_at >= CAST(@P1 AS datetime2(0))) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))))));
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P3 AS varchar(255));
SELECT @gone;
GO

-- == pile zoom_group
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[zoom_group] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile zoom_group
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[zoom_group] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
IF @gone < 100
DELETE FROM dbo.directory_placement WHERE entity = 'zoom_group' AND (NOT EXISTS (SELECT 1 FROM dbo.zoom_group p WHERE p.id = directory_placement.id) OR (valid_to < CAST(@P1 AS datetime2(0)) AND NOT EXISTS (SELECT 1 FROM dbo.zoom_group p WHERE p.id = directory_placement.id AND ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (p.removed_at IS NULL OR p.removed_at >= CAST(@P1 AS datetime2(0))) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))))));
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == pile zoom_group_member
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P2)) OR (1 = 1 AND p.valid_to >= CAST(@P1 AS datetime2(0)) AND p.valid_from < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[zoom_group_member] p WHERE p.valid_to < CAST(@P1 AS datetime2(0));
GO

-- == clear pile zoom_group_member
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[zoom_group_member] p WHERE p.valid_to < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P2)) OR (1 = 1 AND p.valid_to >= CAST(@P1 AS datetime2(0)) AND p.valid_from < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P3 AS varchar(255));
SELECT @gone;
GO

-- == pile zoom_role
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[zoom_role] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile zoom_role
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[zoom_role] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == pile zoom_role_member
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P2)) OR (1 = 1 AND p.valid_to >= CAST(@P1 AS datetime2(0)) AND p.valid_from < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[zoom_role_member] p WHERE p.valid_to < CAST(@P1 AS datetime2(0));
GO

-- == clear pile zoom_role_member
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[zoom_role_member] p WHERE p.valid_to < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P2)) OR (1 = 1 AND p.valid_to >= CAST(@P1 AS datetime2(0)) AND p.valid_from < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P3 AS varchar(255));
SELECT @gone;
GO

-- == pile phone_user
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P3)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P4))) THEN 1 ELSE 0 END), 0) FROM dbo.[phone_user] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile phone_user
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[phone_user] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P3)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P4)));
SET @gone = @@ROWCOUNT;
IF @gone < 100
DELETE FROM dbo.directory_placement WHERE entity = 'phone_user' AND (NOT EXISTS (SELECT 1 FROM dbo.phone_user p WHERE p.id = directory_placement.id) OR (valid_to < CAST(@P1 AS datetime2(0)) AND NOT EXISTS (SELECT 1 FROM dbo.phone_user p WHERE p.id = directory_placement.id AND ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P3)) OR (1 = 1 AND (p.removed_at IS NULL OR p.removed_at >= CAST(@P1 AS datetime2(0))) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P4))))));
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P5 AS varchar(255));
SELECT @gone;
GO

-- == pile phone_site
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[phone_site] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile phone_site
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[phone_site] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
IF @gone < 100
DELETE FROM dbo.directory_placement WHERE entity = 'phone_site' AND (NOT EXISTS (SELECT 1 FROM dbo.phone_site p WHERE p.id = directory_placement.id) OR (valid_to < CAST(@P1 AS datetime2(0)) AND NOT EXISTS (SELECT 1 FROM dbo.phone_site p WHERE p.id = directory_placement.id AND ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (p.removed_at IS NULL OR p.removed_at >= CAST(@P1 AS datetime2(0))) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))))));
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == pile call_queue
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3))) THEN 1 ELSE 0 END), 0) FROM dbo.[call_queue] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile call_queue
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[call_queue] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3)));
SET @gone = @@ROWCOUNT;
IF @gone < 100
DELETE FROM dbo.directory_placement WHERE entity = 'call_queue' AND (NOT EXISTS (SELECT 1 FROM dbo.call_queue p WHERE p.id = directory_placement.id) OR (valid_to < CAST(@P1 AS datetime2(0)) AND NOT EXISTS (SELECT 1 FROM dbo.call_queue p WHERE p.id = directory_placement.id AND ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (p.removed_at IS NULL OR p.removed_at >= CAST(@P1 AS datetime2(0))) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3))))));
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P4 AS varchar(255));
SELECT @gone;
GO

-- == pile call_queue_member
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.valid_to >= CAST(@P1 AS datetime2(0)) AND p.valid_from < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[call_queue_member] p WHERE p.valid_to < CAST(@P1 AS datetime2(0));
GO

-- == clear pile call_queue_member
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[call_queue_member] p WHERE p.valid_to < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.valid_to >= CAST(@P1 AS datetime2(0)) AND p.valid_from < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == pile auto_receptionist
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3))) THEN 1 ELSE 0 END), 0) FROM dbo.[auto_receptionist] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile auto_receptionist
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[auto_receptionist] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P4 AS varchar(255));
SELECT @gone;
GO

-- == pile common_area
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3))) THEN 1 ELSE 0 END), 0) FROM dbo.[common_area] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile common_area
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[common_area] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P4 AS varchar(255));
SELECT @gone;
GO

-- == pile shared_line_group
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3))) THEN 1 ELSE 0 END), 0) FROM dbo.[shared_line_group] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile shared_line_group
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[shared_line_group] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.phone_numbers, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0 OR COALESCE(CAST(p.extension_number AS nvarchar(40)), N'') = @P3)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P4 AS varchar(255));
SELECT @gone;
GO

-- == pile phone_device
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.assignee, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.assignees, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P3, LOWER(COALESCE(p.assignee, N''))) > 0 OR CHARINDEX(@P3, LOWER(COALESCE(p.assignees, N''))) > 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[phone_device] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile phone_device
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[phone_device] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.assignee, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.assignees, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P3, LOWER(COALESCE(p.assignee, N''))) > 0 OR CHARINDEX(@P3, LOWER(COALESCE(p.assignees, N''))) > 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P4 AS varchar(255));
SELECT @gone;
GO

-- == pile phone_number
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.assignee, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P3, LOWER(COALESCE(p.assignee, N''))) > 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[phone_number] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile phone_number
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[phone_number] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0 OR REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.number, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N'') = @P2 OR CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.assignee, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0)) OR (1 = 1 AND (1 = 0 OR CHARINDEX(@P3, LOWER(COALESCE(p.assignee, N''))) > 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P4 AS varchar(255));
SELECT @gone;
GO

-- == pile department
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[department] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile department
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[department] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == pile cost_center
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[cost_center] p WHERE p.removed_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile cost_center
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[cost_center] p WHERE p.removed_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND p.removed_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == pile all of zoom_user
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P1)) OR (1 = 1 AND (p.removed_at IS NULL OR p.removed_at >= CAST(@P2 AS datetime2(0))) AND p.first_seen_at < CAST(@P2 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[zoom_user] p WHERE 1 = 1;
GO

-- == clear pile all of zoom_user
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[zoom_user] p WHERE 1 = 1 AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P1)) OR (1 = 1 AND (p.removed_at IS NULL OR p.removed_at >= CAST(@P2 AS datetime2(0))) AND p.first_seen_at < CAST(@P2 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
IF @gone < 100
DELETE FROM dbo.directory_placement WHERE entity = 'zoom_user' AND NOT EXISTS (SELECT 1 FROM dbo.zoom_user p WHERE p.id = directory_placement.id);
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P3 AS varchar(255));
SELECT @gone;
GO

-- == pile all of zoom_group_member
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P1)) OR (1 = 1 AND (p.valid_to IS NULL OR p.valid_to >= CAST(@P2 AS datetime2(0))) AND p.valid_from < CAST(@P2 AS datetime2(0)) AND (1 = 0))) THEN 1 ELSE 0 END), 0) FROM dbo.[zoom_group_member] p WHERE 1 = 1;
GO

-- == clear pile all of zoom_group_member
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[zoom_group_member] p WHERE 1 = 1 AND NOT ((1 = 1) OR (1 = 1 AND (1 = 0)) OR (1 = 1 AND (1 = 0 OR LOWER(COALESCE(p.email, N'')) = @P1)) OR (1 = 1 AND (p.valid_to IS NULL OR p.valid_to >= CAST(@P2 AS datetime2(0))) AND p.valid_from < CAST(@P2 AS datetime2(0)) AND (1 = 0)));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET directory = directory + @gone WHERE id = CAST(@P3 AS varchar(255));
SELECT @gone;
GO

-- == pile Rejected (rejected)
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1) OR (1 = 1 AND CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.json, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0) OR (1 = 1 AND CHARINDEX(@P3, LOWER(COALESCE(p.json, N''))) > 0) OR (1 = 1 AND p.first_seen_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND CHARINDEX(@P4, LOWER(COALESCE(p.json, N''))) > 0)) THEN 1 ELSE 0 END), 0) FROM dbo.[rejected_record] p WHERE p.first_seen_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile Rejected (rejected)
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[rejected_record] p WHERE p.first_seen_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1) OR (1 = 1 AND CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.json, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0) OR (1 = 1 AND CHARINDEX(@P3, LOWER(COALESCE(p.json, N''))) > 0) OR (1 = 1 AND p.first_seen_at >= CAST(@P1 AS datetime2(0)) AND p.first_seen_at < CAST(@P1 AS datetime2(0)) AND CHARINDEX(@P4, LOWER(COALESCE(p.json, N''))) > 0));
SET @gone = @@ROWCOUNT;
SET @less = -@gone;
IF @less <> 0 UPDATE dbo.collection_counter SET value = value + @less WHERE name = 'rejected';
UPDATE dbo.disposal SET rejected = rejected + @gone WHERE id = CAST(@P5 AS varchar(255));
SELECT @gone;
GO

-- == pile SyncRuns (history)
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1)) THEN 1 ELSE 0 END), 0) FROM dbo.[sync_run] p WHERE p.finished_at < CAST(@P1 AS datetime2(0));
GO

-- == clear pile SyncRuns (history)
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[sync_run] p WHERE p.finished_at < CAST(@P1 AS datetime2(0)) AND NOT ((1 = 1));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET history = history + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == pile Backfills (history)
SELECT COUNT_BIG(*), COALESCE(SUM(CASE WHEN ((1 = 1)) THEN 1 ELSE 0 END), 0) FROM dbo.[backfill_request] p WHERE p.changed_at < CAST(@P1 AS datetime2(0)) AND p.state IN ('done', 'cancelled');
GO

-- == clear pile Backfills (history)
DECLARE @gone bigint, @less bigint;
DELETE TOP (100) p FROM dbo.[backfill_request] p WHERE p.changed_at < CAST(@P1 AS datetime2(0)) AND p.state IN ('done', 'cancelled') AND NOT ((1 = 1));
SET @gone = @@ROWCOUNT;
UPDATE dbo.disposal SET history = history + @gone WHERE id = CAST(@P2 AS varchar(255));
SELECT @gone;
GO

-- == kept aside, about a person
SELECT TOP (100) p.id, p.entity, p.reason, p.json, p.first_seen_at, CASE WHEN ((1 = 1) OR (1 = 1 AND CHARINDEX(@P2, LOWER(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(p.json, N''), N' ', N''), N'+', N''), N'-', N''), N'(', N''), N')', N''), N'.', N''), N'/', N''))) > 0) OR (1 = 1 AND CHARINDEX(@P1, LOWER(COALESCE(p.json, N''))) > 0) OR (1 = 1 AND p.first_seen_at >= CAST(@P3 AS datetime2(0)) AND p.first_seen_at < CAST(@P3 AS datetime2(0)) AND CHARINDEX(@P4, LOWER(COALESCE(p.json, N''))) > 0)) THEN 1 ELSE 0 END
FROM dbo.rejected_record p WHERE p.id > 0 AND CHARINDEX(@P1, LOWER(COALESCE(p.json, N''))) > 0 ORDER BY p.id;
GO

-- == blank what is kept aside
UPDATE dbo.rejected_record SET json = @P2 WHERE id = @P1;
GO

-- == past of an entry of phone_user
UPDATE dbo.directory_placement SET id = CAST(@P1 AS varchar(255)), extension_id = NULL, name = NULL, site_id = NULL, site_name = NULL, department = NULL, cost_center = NULL WHERE entity = 'phone_user' AND id = CAST(@P2 AS varchar(255));
GO

-- == past of an entry of zoom_user
UPDATE dbo.directory_placement SET id = CAST(@P1 AS varchar(255)), department = NULL WHERE entity = 'zoom_user' AND id = CAST(@P2 AS varchar(255));
GO

-- == past of an entry of call_queue
UPDATE dbo.directory_placement SET id = CAST(@P1 AS varchar(255)), extension_id = NULL, name = NULL WHERE entity = 'call_queue' AND id = CAST(@P2 AS varchar(255));
GO

-- == past of an entry of phone_site
UPDATE dbo.directory_placement SET id = CAST(@P1 AS varchar(255)), name = NULL WHERE entity = 'phone_site' AND id = CAST(@P2 AS varchar(255));
GO

-- == past of an entry of zoom_group
UPDATE dbo.directory_placement SET id = CAST(@P1 AS varchar(255)), name = NULL WHERE entity = 'zoom_group' AND id = CAST(@P2 AS varchar(255));
GO

-- == call_history by key
SELECT [call_history_uuid], [call_id], [direction], [international], [start_time], [answer_time], [end_time], [duration], [connect_type], [sbc_id], [sbc_name], [sip_group_id], [sip_group_name], [call_type], [call_result], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_did_number], [caller_ext_number], [caller_name], [caller_email], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_did_number], [callee_ext_number], [callee_name], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [department], [cost_center], [site_id], [group_id], [site_name], [spam], [recording_status], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at] FROM dbo.[call_history] WHERE call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
GO

-- == call_element by key
SELECT [call_element_id], [call_history_uuid], [call_id], [connect_type], [call_type], [direction], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_name], [caller_email], [caller_did_number], [caller_ext_number], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_name], [callee_did_number], [callee_ext_number], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [client_code], [department], [cost_center], [site_id], [group_id], [site_name], [start_time], [answer_time], [end_time], [event], [result], [result_reason], [device_private_ip], [device_public_ip], [operator_ext_number], [operator_ext_id], [operator_ext_type], [operator_name], [press_key], [segment], [node], [is_node], [recording_id], [recording_type], [hold_time], [waiting_time], [voicemail_id], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at] FROM dbo.[call_element] WHERE call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
GO

-- == whole zoom_user
CREATE TABLE #whole_zoom_user (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole zoom_user
TRUNCATE TABLE #whole_zoom_user;
GO

-- == insert whole zoom_user
INSERT INTO dbo.[zoom_user] ([id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [email], [first_name], [last_name], [display_name], [type], [status], [dept], [role_id], [timezone], [employee_unique_id], [pmi], [verified], [plan_united_type], [user_created_at], [created_at], [last_login_time], [last_client_version], [host_key], [group_ids], [im_group_ids], [division_ids], [custom_attributes], [license_info_list], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_zoom_user;
GO

-- == patch whole zoom_user
UPDATE #whole_zoom_user SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from zoom_user
DELETE FROM dbo.[zoom_user] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole zoom_group
CREATE TABLE #whole_zoom_group (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [total_members] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole zoom_group
TRUNCATE TABLE #whole_zoom_group;
GO

-- == insert whole zoom_group
INSERT INTO dbo.[zoom_group] ([id], [name], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [name], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_zoom_group;
GO

-- == patch whole zoom_group
UPDATE #whole_zoom_group SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from zoom_group
DELETE FROM dbo.[zoom_group] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole zoom_group_member
CREATE TABLE #whole_zoom_group_member (
  stage_row bigint NOT NULL,
  [group_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [email] nvarchar(400) NULL,
  [first_name] nvarchar(400) NULL,
  [last_name] nvarchar(400) NULL,
  [type] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [valid_from] datetime2(0) NULL,
  [valid_to] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole zoom_group_member
TRUNCATE TABLE #whole_zoom_group_member;
GO

-- == insert whole zoom_group_member
INSERT INTO dbo.[zoom_group_member] ([group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at]) SELECT [group_id], [id], [email], [first_name], [last_name], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM #whole_zoom_group_member;
GO

-- == patch whole zoom_group_member
UPDATE #whole_zoom_group_member SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from zoom_group_member
DELETE FROM dbo.[zoom_group_member] WHERE [group_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] = CAST(@P3 AS datetime2(0));
GO

-- == whole zoom_role
CREATE TABLE #whole_zoom_role (
  stage_row bigint NOT NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [description] nvarchar(400) NULL,
  [type] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [total_members] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole zoom_role
TRUNCATE TABLE #whole_zoom_role;
GO

-- == insert whole zoom_role
INSERT INTO dbo.[zoom_role] ([id], [name], [description], [type], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [name], [description], [type], [total_members], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_zoom_role;
GO

-- == patch whole zoom_role
UPDATE #whole_zoom_role SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from zoom_role
DELETE FROM dbo.[zoom_role] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole zoom_role_member
CREATE TABLE #whole_zoom_role_member (
  stage_row bigint NOT NULL,
  [role_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [email] nvarchar(400) NULL,
  [first_name] nvarchar(400) NULL,
  [last_name] nvarchar(400) NULL,
  [department] nvarchar(400) NULL,
  [type] bigint NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [valid_from] datetime2(0) NULL,
  [valid_to] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole zoom_role_member
TRUNCATE TABLE #whole_zoom_role_member;
GO

-- == insert whole zoom_role_member
INSERT INTO dbo.[zoom_role_member] ([role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at]) SELECT [role_id], [id], [email], [first_name], [last_name], [department], [type], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM #whole_zoom_role_member;
GO

-- == patch whole zoom_role_member
UPDATE #whole_zoom_role_member SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from zoom_role_member
DELETE FROM dbo.[zoom_role_member] WHERE [role_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] = CAST(@P3 AS datetime2(0));
GO

-- == whole phone_user
CREATE TABLE #whole_phone_user (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole phone_user
TRUNCATE TABLE #whole_phone_user;
GO

-- == insert whole phone_user
INSERT INTO dbo.[phone_user] ([id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [email], [name], [extension_id], [extension_number], [phone_user_id], [site_id], [site_name], [status], [activation_status], [department], [cost_center], [phone_numbers], [calling_plans], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_phone_user;
GO

-- == patch whole phone_user
UPDATE #whole_phone_user SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from phone_user
DELETE FROM dbo.[phone_user] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole phone_site
CREATE TABLE #whole_phone_site (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole phone_site
TRUNCATE TABLE #whole_phone_site;
GO

-- == insert whole phone_site
INSERT INTO dbo.[phone_site] ([id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [name], [country_code], [country_name], [main_auto_receptionist_id], [main_auto_receptionist_name], [main_auto_receptionist_extension_id], [main_auto_receptionist_extension_number], [site_code], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_phone_site;
GO

-- == patch whole phone_site
UPDATE #whole_phone_site SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from phone_site
DELETE FROM dbo.[phone_site] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole call_queue
CREATE TABLE #whole_call_queue (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole call_queue
TRUNCATE TABLE #whole_call_queue;
GO

-- == insert whole call_queue
INSERT INTO dbo.[call_queue] ([id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_call_queue;
GO

-- == patch whole call_queue
UPDATE #whole_call_queue SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from call_queue
DELETE FROM dbo.[call_queue] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole call_queue_member
CREATE TABLE #whole_call_queue_member (
  stage_row bigint NOT NULL,
  [call_queue_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [level] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [name] nvarchar(400) NULL,
  [receive_call] bit NULL,
  [extension_id] varchar(255) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [valid_from] datetime2(0) NULL,
  [valid_to] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole call_queue_member
TRUNCATE TABLE #whole_call_queue_member;
GO

-- == insert whole call_queue_member
INSERT INTO dbo.[call_queue_member] ([call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at]) SELECT [call_queue_id], [id], [level], [name], [receive_call], [extension_id], [extra], [content_digest], [first_seen_at], [changed_at], [valid_from], [valid_to], [erased_at] FROM #whole_call_queue_member;
GO

-- == patch whole call_queue_member
UPDATE #whole_call_queue_member SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from call_queue_member
DELETE FROM dbo.[call_queue_member] WHERE [call_queue_id] = CAST(@P1 AS varchar(255)) AND [id] = CAST(@P2 AS varchar(255)) AND [valid_from] = CAST(@P3 AS datetime2(0));
GO

-- == whole auto_receptionist
CREATE TABLE #whole_auto_receptionist (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole auto_receptionist
TRUNCATE TABLE #whole_auto_receptionist;
GO

-- == insert whole auto_receptionist
INSERT INTO dbo.[auto_receptionist] ([id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [name], [extension_id], [extension_number], [site_id], [site_name], [department], [cost_center], [timezone], [audio_prompt_language], [phone_numbers], [holiday_hours], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_auto_receptionist;
GO

-- == patch whole auto_receptionist
UPDATE #whole_auto_receptionist SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from auto_receptionist
DELETE FROM dbo.[auto_receptionist] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole common_area
CREATE TABLE #whole_common_area (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole common_area
TRUNCATE TABLE #whole_common_area;
GO

-- == insert whole common_area
INSERT INTO dbo.[common_area] ([id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [department], [cost_center], [phone_numbers], [calling_plans], [desk_phones], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_common_area;
GO

-- == patch whole common_area
UPDATE #whole_common_area SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from common_area
DELETE FROM dbo.[common_area] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole shared_line_group
CREATE TABLE #whole_shared_line_group (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole shared_line_group
TRUNCATE TABLE #whole_shared_line_group;
GO

-- == insert whole shared_line_group
INSERT INTO dbo.[shared_line_group] ([id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [display_name], [extension_id], [extension_number], [site_id], [site_name], [status], [phone_numbers], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_shared_line_group;
GO

-- == patch whole shared_line_group
UPDATE #whole_shared_line_group SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from shared_line_group
DELETE FROM dbo.[shared_line_group] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole phone_device
CREATE TABLE #whole_phone_device (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole phone_device
TRUNCATE TABLE #whole_phone_device;
GO

-- == insert whole phone_device
INSERT INTO dbo.[phone_device] ([id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [display_name], [device_type], [mac_address], [site_id], [site_name], [status], [provision_template_id], [description], [firmware_version], [private_ip], [public_ip], [assignee], [assignees], [policy], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_phone_device;
GO

-- == patch whole phone_device
UPDATE #whole_phone_device SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from phone_device
DELETE FROM dbo.[phone_device] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole phone_number
CREATE TABLE #whole_phone_number (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole phone_number
TRUNCATE TABLE #whole_phone_number;
GO

-- == insert whole phone_number
INSERT INTO dbo.[phone_number] ([id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [id], [number], [display_name], [number_type], [allocated_product], [caller_id_name], [source], [status], [site_id], [site_name], [carrier_code], [carrier_name], [location], [address_update_required], [emergency_address_status], [emergency_address_update_time], [capability], [assigned_list], [assignee], [emergency_address], [sip_group], [number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_phone_number;
GO

-- == patch whole phone_number
UPDATE #whole_phone_number SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from phone_number
DELETE FROM dbo.[phone_number] WHERE [id] = CAST(@P1 AS varchar(255));
GO

-- == whole department
CREATE TABLE #whole_department (
  stage_row bigint NOT NULL,
  [name] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole department
TRUNCATE TABLE #whole_department;
GO

-- == insert whole department
INSERT INTO dbo.[department] ([name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_department;
GO

-- == patch whole department
UPDATE #whole_department SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from department
DELETE FROM dbo.[department] WHERE [name] = @P1;
GO

-- == whole cost_center
CREATE TABLE #whole_cost_center (
  stage_row bigint NOT NULL,
  [name] nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
  [extra] nvarchar(max) NULL,
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [removed_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole cost_center
TRUNCATE TABLE #whole_cost_center;
GO

-- == insert whole cost_center
INSERT INTO dbo.[cost_center] ([name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at]) SELECT [name], [extra], [content_digest], [first_seen_at], [changed_at], [removed_at], [erased_at] FROM #whole_cost_center;
GO

-- == patch whole cost_center
UPDATE #whole_cost_center SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from cost_center
DELETE FROM dbo.[cost_center] WHERE [name] = @P1;
GO

-- == whole call_history
CREATE TABLE #whole_call_history (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [deleted_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole call_history
TRUNCATE TABLE #whole_call_history;
GO

-- == insert whole call_history
INSERT INTO dbo.[call_history] ([call_history_uuid], [call_id], [direction], [international], [start_time], [answer_time], [end_time], [duration], [connect_type], [sbc_id], [sbc_name], [sip_group_id], [sip_group_name], [call_type], [call_result], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_did_number], [caller_ext_number], [caller_name], [caller_email], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_did_number], [callee_ext_number], [callee_name], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [department], [cost_center], [site_id], [group_id], [site_name], [spam], [recording_status], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at]) SELECT [call_history_uuid], [call_id], [direction], [international], [start_time], [answer_time], [end_time], [duration], [connect_type], [sbc_id], [sbc_name], [sip_group_id], [sip_group_name], [call_type], [call_result], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_did_number], [caller_ext_number], [caller_name], [caller_email], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_did_number], [callee_ext_number], [callee_name], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [department], [cost_center], [site_id], [group_id], [site_name], [spam], [recording_status], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at] FROM #whole_call_history;
GO

-- == patch whole call_history
UPDATE #whole_call_history SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from call_history
DELETE FROM dbo.[call_history] WHERE [call_history_uuid] = CAST(@P1 AS varchar(255));
GO

-- == whole call_element
CREATE TABLE #whole_call_element (
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
  [content_digest] varbinary(16) NULL,
  [first_seen_at] datetime2(0) NULL,
  [changed_at] datetime2(0) NULL,
  [deleted_at] datetime2(0) NULL,
  [erased_at] datetime2(0) NULL
);
GO

-- == clear whole call_element
TRUNCATE TABLE #whole_call_element;
GO

-- == insert whole call_element
INSERT INTO dbo.[call_element] ([call_element_id], [call_history_uuid], [call_id], [connect_type], [call_type], [direction], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_name], [caller_email], [caller_did_number], [caller_ext_number], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_name], [callee_did_number], [callee_ext_number], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [client_code], [department], [cost_center], [site_id], [group_id], [site_name], [start_time], [answer_time], [end_time], [event], [result], [result_reason], [device_private_ip], [device_public_ip], [operator_ext_number], [operator_ext_id], [operator_ext_type], [operator_name], [press_key], [segment], [node], [is_node], [recording_id], [recording_type], [hold_time], [waiting_time], [voicemail_id], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at]) SELECT [call_element_id], [call_history_uuid], [call_id], [connect_type], [call_type], [direction], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_name], [caller_email], [caller_did_number], [caller_ext_number], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_name], [callee_did_number], [callee_ext_number], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [client_code], [department], [cost_center], [site_id], [group_id], [site_name], [start_time], [answer_time], [end_time], [event], [result], [result_reason], [device_private_ip], [device_public_ip], [operator_ext_number], [operator_ext_id], [operator_ext_type], [operator_name], [press_key], [segment], [node], [is_node], [recording_id], [recording_type], [hold_time], [waiting_time], [voicemail_id], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at] FROM #whole_call_element;
GO

-- == patch whole call_element
UPDATE #whole_call_element SET [extra] = @P1 WHERE stage_row = @P2;
GO

-- == delete from call_element
DELETE FROM dbo.[call_element] WHERE [call_element_id] = CAST(@P1 AS varchar(255)) AND [call_history_uuid] = CAST(@P2 AS varchar(255));
GO

-- == take in bundles
DECLARE @calls bigint, @elements bigint, @counted bigint, @counted_elements bigint;
SELECT @counted = COUNT_BIG(*) FROM #whole_call_history s
WHERE @P2 = 1 OR NOT EXISTS (SELECT 1 FROM dbo.call_history t WHERE t.call_history_uuid = s.call_history_uuid);
SELECT @counted_elements = COUNT_BIG(*) FROM #whole_call_element s
WHERE @P2 = 1 OR NOT EXISTS (SELECT 1 FROM dbo.call_history t WHERE t.call_history_uuid = s.call_history_uuid);
DELETE t FROM dbo.call_element t JOIN #whole_call_history s ON s.call_history_uuid = t.call_history_uuid;
SET @elements = @@ROWCOUNT;
DELETE t FROM dbo.call_history t JOIN #whole_call_history s ON s.call_history_uuid = t.call_history_uuid;
SET @calls = @@ROWCOUNT;
INSERT INTO dbo.[call_history] ([call_history_uuid], [call_id], [direction], [international], [start_time], [answer_time], [end_time], [duration], [connect_type], [sbc_id], [sbc_name], [sip_group_id], [sip_group_name], [call_type], [call_result], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_did_number], [caller_ext_number], [caller_name], [caller_email], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_did_number], [callee_ext_number], [callee_name], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [department], [cost_center], [site_id], [group_id], [site_name], [spam], [recording_status], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at]) SELECT [call_history_uuid], [call_id], [direction], [international], [start_time], [answer_time], [end_time], [duration], [connect_type], [sbc_id], [sbc_name], [sip_group_id], [sip_group_name], [call_type], [call_result], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_did_number], [caller_ext_number], [caller_name], [caller_email], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_did_number], [callee_ext_number], [callee_name], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [department], [cost_center], [site_id], [group_id], [site_name], [spam], [recording_status], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at] FROM #whole_call_history;
SET @calls = @@ROWCOUNT - @calls;
INSERT INTO dbo.[call_element] ([call_element_id], [call_history_uuid], [call_id], [connect_type], [call_type], [direction], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_name], [caller_email], [caller_did_number], [caller_ext_number], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_name], [callee_did_number], [callee_ext_number], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [client_code], [department], [cost_center], [site_id], [group_id], [site_name], [start_time], [answer_time], [end_time], [event], [result], [result_reason], [device_private_ip], [device_public_ip], [operator_ext_number], [operator_ext_id], [operator_ext_type], [operator_name], [press_key], [segment], [node], [is_node], [recording_id], [recording_type], [hold_time], [waiting_time], [voicemail_id], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at]) SELECT [call_element_id], [call_history_uuid], [call_id], [connect_type], [call_type], [direction], [hide_caller_id], [end_to_end], [caller_ext_id], [caller_name], [caller_email], [caller_did_number], [caller_ext_number], [caller_ext_type], [caller_number_type], [caller_device_type], [caller_country_iso_code], [caller_country_code], [callee_ext_id], [callee_name], [callee_did_number], [callee_ext_number], [callee_email], [callee_ext_type], [callee_number_type], [callee_device_type], [callee_country_iso_code], [callee_country_code], [client_code], [department], [cost_center], [site_id], [group_id], [site_name], [start_time], [answer_time], [end_time], [event], [result], [result_reason], [device_private_ip], [device_public_ip], [operator_ext_number], [operator_ext_id], [operator_ext_type], [operator_name], [press_key], [segment], [node], [is_node], [recording_id], [recording_type], [hold_time], [waiting_time], [voicemail_id], [caller_account_code], [callee_account_code], [caller_did_number_e164], [callee_did_number_e164], [extra], [content_digest], [first_seen_at], [changed_at], [deleted_at], [erased_at] FROM #whole_call_element;
SET @elements = @@ROWCOUNT - @elements;
IF @calls <> 0 UPDATE dbo.collection_counter SET value = value + @calls WHERE name = 'records';
IF @elements <> 0 UPDATE dbo.collection_counter SET value = value + @elements WHERE name = 'elements';
UPDATE dbo.disposal SET calls = calls + @counted, elements = elements + @counted_elements WHERE id = CAST(@P1 AS varchar(255));
GO

-- == delete calls
DECLARE @calls bigint, @elements bigint, @pending bigint, @less bigint;
SET @calls = 0;
SELECT @pending = COUNT_BIG(*) FROM dbo.element_backlog WHERE state = 'pending' AND call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
DELETE FROM dbo.element_backlog WHERE call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
DELETE FROM dbo.call_element WHERE call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
SET @elements = @@ROWCOUNT;
DELETE FROM dbo.call_history WHERE call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
SET @calls = @@ROWCOUNT;
SET @pending = -@pending;
IF @pending <> 0 UPDATE dbo.collection_counter SET value = value + @pending WHERE name = 'elements_pending';
SET @less = -@calls;
IF @less <> 0 UPDATE dbo.collection_counter SET value = value + @less WHERE name = 'records';
SET @less = -@elements;
IF @less <> 0 UPDATE dbo.collection_counter SET value = value + @less WHERE name = 'elements';
UPDATE dbo.disposal SET calls = calls + @calls, elements = elements + @elements WHERE id = CAST(@P201 AS varchar(255));
SELECT @calls, @elements;
GO

-- == delete elements
DECLARE @calls bigint, @elements bigint, @pending bigint, @less bigint;
SET @calls = 0;
SELECT @pending = COUNT_BIG(*) FROM dbo.element_backlog WHERE state = 'pending' AND call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
DELETE FROM dbo.element_backlog WHERE call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
DELETE FROM dbo.call_element WHERE call_history_uuid IN (CAST(@P1 AS varchar(255)), CAST(@P2 AS varchar(255)), CAST(@P3 AS varchar(255)), CAST(@P4 AS varchar(255)), CAST(@P5 AS varchar(255)), CAST(@P6 AS varchar(255)), CAST(@P7 AS varchar(255)), CAST(@P8 AS varchar(255)), CAST(@P9 AS varchar(255)), CAST(@P10 AS varchar(255)), CAST(@P11 AS varchar(255)), CAST(@P12 AS varchar(255)), CAST(@P13 AS varchar(255)), CAST(@P14 AS varchar(255)), CAST(@P15 AS varchar(255)), CAST(@P16 AS varchar(255)), CAST(@P17 AS varchar(255)), CAST(@P18 AS varchar(255)), CAST(@P19 AS varchar(255)), CAST(@P20 AS varchar(255)), CAST(@P21 AS varchar(255)), CAST(@P22 AS varchar(255)), CAST(@P23 AS varchar(255)), CAST(@P24 AS varchar(255)), CAST(@P25 AS varchar(255)), CAST(@P26 AS varchar(255)), CAST(@P27 AS varchar(255)), CAST(@P28 AS varchar(255)), CAST(@P29 AS varchar(255)), CAST(@P30 AS varchar(255)), CAST(@P31 AS varchar(255)), CAST(@P32 AS varchar(255)), CAST(@P33 AS varchar(255)), CAST(@P34 AS varchar(255)), CAST(@P35 AS varchar(255)), CAST(@P36 AS varchar(255)), CAST(@P37 AS varchar(255)), CAST(@P38 AS varchar(255)), CAST(@P39 AS varchar(255)), CAST(@P40 AS varchar(255)), CAST(@P41 AS varchar(255)), CAST(@P42 AS varchar(255)), CAST(@P43 AS varchar(255)), CAST(@P44 AS varchar(255)), CAST(@P45 AS varchar(255)), CAST(@P46 AS varchar(255)), CAST(@P47 AS varchar(255)), CAST(@P48 AS varchar(255)), CAST(@P49 AS varchar(255)), CAST(@P50 AS varchar(255)), CAST(@P51 AS varchar(255)), CAST(@P52 AS varchar(255)), CAST(@P53 AS varchar(255)), CAST(@P54 AS varchar(255)), CAST(@P55 AS varchar(255)), CAST(@P56 AS varchar(255)), CAST(@P57 AS varchar(255)), CAST(@P58 AS varchar(255)), CAST(@P59 AS varchar(255)), CAST(@P60 AS varchar(255)), CAST(@P61 AS varchar(255)), CAST(@P62 AS varchar(255)), CAST(@P63 AS varchar(255)), CAST(@P64 AS varchar(255)), CAST(@P65 AS varchar(255)), CAST(@P66 AS varchar(255)), CAST(@P67 AS varchar(255)), CAST(@P68 AS varchar(255)), CAST(@P69 AS varchar(255)), CAST(@P70 AS varchar(255)), CAST(@P71 AS varchar(255)), CAST(@P72 AS varchar(255)), CAST(@P73 AS varchar(255)), CAST(@P74 AS varchar(255)), CAST(@P75 AS varchar(255)), CAST(@P76 AS varchar(255)), CAST(@P77 AS varchar(255)), CAST(@P78 AS varchar(255)), CAST(@P79 AS varchar(255)), CAST(@P80 AS varchar(255)), CAST(@P81 AS varchar(255)), CAST(@P82 AS varchar(255)), CAST(@P83 AS varchar(255)), CAST(@P84 AS varchar(255)), CAST(@P85 AS varchar(255)), CAST(@P86 AS varchar(255)), CAST(@P87 AS varchar(255)), CAST(@P88 AS varchar(255)), CAST(@P89 AS varchar(255)), CAST(@P90 AS varchar(255)), CAST(@P91 AS varchar(255)), CAST(@P92 AS varchar(255)), CAST(@P93 AS varchar(255)), CAST(@P94 AS varchar(255)), CAST(@P95 AS varchar(255)), CAST(@P96 AS varchar(255)), CAST(@P97 AS varchar(255)), CAST(@P98 AS varchar(255)), CAST(@P99 AS varchar(255)), CAST(@P100 AS varchar(255)), CAST(@P101 AS varchar(255)), CAST(@P102 AS varchar(255)), CAST(@P103 AS varchar(255)), CAST(@P104 AS varchar(255)), CAST(@P105 AS varchar(255)), CAST(@P106 AS varchar(255)), CAST(@P107 AS varchar(255)), CAST(@P108 AS varchar(255)), CAST(@P109 AS varchar(255)), CAST(@P110 AS varchar(255)), CAST(@P111 AS varchar(255)), CAST(@P112 AS varchar(255)), CAST(@P113 AS varchar(255)), CAST(@P114 AS varchar(255)), CAST(@P115 AS varchar(255)), CAST(@P116 AS varchar(255)), CAST(@P117 AS varchar(255)), CAST(@P118 AS varchar(255)), CAST(@P119 AS varchar(255)), CAST(@P120 AS varchar(255)), CAST(@P121 AS varchar(255)), CAST(@P122 AS varchar(255)), CAST(@P123 AS varchar(255)), CAST(@P124 AS varchar(255)), CAST(@P125 AS varchar(255)), CAST(@P126 AS varchar(255)), CAST(@P127 AS varchar(255)), CAST(@P128 AS varchar(255)), CAST(@P129 AS varchar(255)), CAST(@P130 AS varchar(255)), CAST(@P131 AS varchar(255)), CAST(@P132 AS varchar(255)), CAST(@P133 AS varchar(255)), CAST(@P134 AS varchar(255)), CAST(@P135 AS varchar(255)), CAST(@P136 AS varchar(255)), CAST(@P137 AS varchar(255)), CAST(@P138 AS varchar(255)), CAST(@P139 AS varchar(255)), CAST(@P140 AS varchar(255)), CAST(@P141 AS varchar(255)), CAST(@P142 AS varchar(255)), CAST(@P143 AS varchar(255)), CAST(@P144 AS varchar(255)), CAST(@P145 AS varchar(255)), CAST(@P146 AS varchar(255)), CAST(@P147 AS varchar(255)), CAST(@P148 AS varchar(255)), CAST(@P149 AS varchar(255)), CAST(@P150 AS varchar(255)), CAST(@P151 AS varchar(255)), CAST(@P152 AS varchar(255)), CAST(@P153 AS varchar(255)), CAST(@P154 AS varchar(255)), CAST(@P155 AS varchar(255)), CAST(@P156 AS varchar(255)), CAST(@P157 AS varchar(255)), CAST(@P158 AS varchar(255)), CAST(@P159 AS varchar(255)), CAST(@P160 AS varchar(255)), CAST(@P161 AS varchar(255)), CAST(@P162 AS varchar(255)), CAST(@P163 AS varchar(255)), CAST(@P164 AS varchar(255)), CAST(@P165 AS varchar(255)), CAST(@P166 AS varchar(255)), CAST(@P167 AS varchar(255)), CAST(@P168 AS varchar(255)), CAST(@P169 AS varchar(255)), CAST(@P170 AS varchar(255)), CAST(@P171 AS varchar(255)), CAST(@P172 AS varchar(255)), CAST(@P173 AS varchar(255)), CAST(@P174 AS varchar(255)), CAST(@P175 AS varchar(255)), CAST(@P176 AS varchar(255)), CAST(@P177 AS varchar(255)), CAST(@P178 AS varchar(255)), CAST(@P179 AS varchar(255)), CAST(@P180 AS varchar(255)), CAST(@P181 AS varchar(255)), CAST(@P182 AS varchar(255)), CAST(@P183 AS varchar(255)), CAST(@P184 AS varchar(255)), CAST(@P185 AS varchar(255)), CAST(@P186 AS varchar(255)), CAST(@P187 AS varchar(255)), CAST(@P188 AS varchar(255)), CAST(@P189 AS varchar(255)), CAST(@P190 AS varchar(255)), CAST(@P191 AS varchar(255)), CAST(@P192 AS varchar(255)), CAST(@P193 AS varchar(255)), CAST(@P194 AS varchar(255)), CAST(@P195 AS varchar(255)), CAST(@P196 AS varchar(255)), CAST(@P197 AS varchar(255)), CAST(@P198 AS varchar(255)), CAST(@P199 AS varchar(255)), CAST(@P200 AS varchar(255)));
SET @elements = @@ROWCOUNT;
SET @pending = -@pending;
IF @pending <> 0 UPDATE dbo.collection_counter SET value = value + @pending WHERE name = 'elements_pending';
SET @less = -@calls;
IF @less <> 0 UPDATE dbo.collection_counter SET value = value + @less WHERE name = 'records';
SET @less = -@elements;
IF @less <> 0 UPDATE dbo.collection_counter SET value = value + @less WHERE name = 'elements';
UPDATE dbo.disposal SET calls = calls + @calls, elements = elements + @elements WHERE id = CAST(@P201 AS varchar(255));
SELECT @calls, @elements;
GO

-- == floor
SELECT MAX(calls_before) FROM dbo.disposal WHERE kind IN ('purge', 'archive');
GO

-- == enter a run
INSERT INTO dbo.disposal (id, kind, started_at, calls_before, elements_before, directory_before, history_before,
  calls, elements, rejected, directory, history, held)
SELECT @P1, @P2, @P3, NULLIF(@P4, CAST('0001-01-01' AS datetime2(0))), NULLIF(@P5, CAST('0001-01-01' AS datetime2(0))),
  NULLIF(@P6, CAST('0001-01-01' AS datetime2(0))), NULLIF(@P7, CAST('0001-01-01' AS datetime2(0))), 0, 0, 0, 0, 0, 0
WHERE NOT EXISTS (SELECT 1 FROM dbo.disposal WHERE id = CAST(@P1 AS varchar(255)));
GO

-- == end a run
UPDATE dbo.disposal SET finished_at = @P2, held = @P3 WHERE id = CAST(@P1 AS varchar(255));
GO

-- == one run
SELECT id, kind, started_at, finished_at, calls_before, elements_before, directory_before, history_before, calls, elements, rejected, directory, history, held FROM dbo.disposal WHERE id = CAST(@P1 AS varchar(255));
GO

-- == newest runs
SELECT TOP (@P2) id, kind, started_at, finished_at, calls_before, elements_before, directory_before, history_before, calls, elements, rejected, directory, history, held FROM dbo.disposal WHERE kind = CAST(@P1 AS varchar(255)) ORDER BY started_at DESC, id DESC;
GO

-- == count rejected
UPDATE dbo.disposal SET rejected = rejected + @P2 WHERE id = CAST(@P1 AS varchar(255));
GO

-- == count directory
UPDATE dbo.disposal SET directory = directory + @P2 WHERE id = CAST(@P1 AS varchar(255));
GO

-- == count history
UPDATE dbo.disposal SET history = history + @P2 WHERE id = CAST(@P1 AS varchar(255));
GO

