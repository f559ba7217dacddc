INSERT INTO mailbox (name, uid_validity, uid, moved) VALUES
('INBOX', 7, 3, 1795510805000);
INSERT INTO wiki (name, turns) VALUES
('wiki', 4);
INSERT INTO message (key, message_id, body_hash, raw_hash, mailbox, uid_validity, uid, size, arrived, recorded, author, subject, kind, reason, detail, wiki, list, refs, series_id, version, position) VALUES
('204216951ac6d58279ed1b767bad63a0363d144030b7431e8378f5c59c35d9fb', 'v2@example.org', 'body of v2', '35f716bce8f1f8a21b9bb20bf6f283fdfdc707fcb9c83b9bd172e42558cff8a9', 'INBOX', 7, 3, 65, 1795510805000, 1795510805000, 'ada@example.org', '[PATCH] v2', 'patch', '', '', 'wiki', 'list@example.org', '["cover@example.org"]', 's', 2, 0),
('794a0b3a83910494f7633da8d8c180f6dd422036a45962309e53a3f4312ceccc', 'p1@example.org', 'body of p1', '235fdf9db459e3a4489c96eee6060faf368e9c64c47f7372741c39ff22e137de', 'INBOX', 7, 1, 65, 1795510800000, 1795510800000, 'ada@example.org', '[PATCH] p1', 'patch', '', '', 'wiki', 'list@example.org', '["cover@example.org"]', 's', 1, 0),
('9eef47090a13a1935b14336f6f4782b2c52cbac05588e9db2b889d9077f9022a', 'y@example.org', 'body of y', '5a6d4c4781ca51aaf36a994d5910e322433ad89951ac409ce7be9196916623b8', 'INBOX', 7, 1, 62, 1795510806000, 1795510806000, 'ada@example.org', '[PATCH] y', 'patch', '', '', 'wiki', 'list@example.org', '[]', 'y', 1, 0),
('a5c0a3e31a8e4f694ad78d7b58f6dce47df201ccd5f58ea8b58777baf2fd4f53', 'noise@example.org', 'body of noise', 'e846c0d150d23d3277be77ca1c560634e8cd7d6f7276508819733b0493eb53fd', 'INBOX', 7, 2, 74, 1795510801000, 1795510801000, 'ada@example.org', '[PATCH] noise', 'ignored', 'not-a-patch', '', '', 'list@example.org', '[]', '', 0, 0),
('dda1910312cee1fbfb01f1dd6b02ce9e17a3f32290050a994b8a6367b56d9e19', 'x@example.org', 'body of x', 'c63bfbc8afd1125800e736a30eaf421ca416d0edf645258bc7fef2fdbab24886', 'INBOX', 7, 1, 62, 1795510806000, 1795510806000, 'ada@example.org', '[PATCH] x', 'patch', '', '', 'wiki', 'list@example.org', '[]', 'x', 1, 0);
INSERT INTO message_ref (id, message_key) VALUES
('cover@example.org', '204216951ac6d58279ed1b767bad63a0363d144030b7431e8378f5c59c35d9fb'),
('cover@example.org', '794a0b3a83910494f7633da8d8c180f6dd422036a45962309e53a3f4312ceccc'),
('noise@example.org', 'a5c0a3e31a8e4f694ad78d7b58f6dce47df201ccd5f58ea8b58777baf2fd4f53'),
('p1@example.org', '794a0b3a83910494f7633da8d8c180f6dd422036a45962309e53a3f4312ceccc'),
('reply-s-1@example.org', '794a0b3a83910494f7633da8d8c180f6dd422036a45962309e53a3f4312ceccc'),
('reply-y-1@example.org', '9eef47090a13a1935b14336f6f4782b2c52cbac05588e9db2b889d9077f9022a'),
('v2@example.org', '204216951ac6d58279ed1b767bad63a0363d144030b7431e8378f5c59c35d9fb'),
('x@example.org', 'dda1910312cee1fbfb01f1dd6b02ce9e17a3f32290050a994b8a6367b56d9e19'),
('y@example.org', '9eef47090a13a1935b14336f6f4782b2c52cbac05588e9db2b889d9077f9022a');
INSERT INTO series (id, version, wiki, list, prefix, total, subject, author_name, author_email, root, digest, state, superseded_by, run_at, attempts, owner, lease, epoch, verdict, base_commit, error, created, updated) VALUES
('s', 1, 'wiki', 'list@example.org', 'wiki', 1, 'Title of s', 'Ada', 'ada@example.org', 's@example.org', '794a0b3a83910494f7633da8d8c180f6dd422036a45962309e53a3f4312ceccc', 'superseded', 2, 9223372036854775807, 0, '', 0, 2, 'remarks', '1eaac561eaac561eaac561eaac561eaac561eaac', '', 1795510802000, 1795510805000),
('s', 2, 'wiki', 'list@example.org', 'wiki', 2, 'Title of s', 'Ada', 'ada@example.org', 's@example.org', '204216951ac6d58279ed1b767bad63a0363d144030b7431e8378f5c59c35d9fb', 'incomplete', 0, 1795597205000, 0, '', 0, 0, '', '', '', 1795510805000, 1795510805000),
('x', 1, 'wiki', 'list@example.org', 'wiki', 1, 'Title of x', 'Ada', 'ada@example.org', 'x@example.org', 'dda1910312cee1fbfb01f1dd6b02ce9e17a3f32290050a994b8a6367b56d9e19', 'ready', 0, 1795514406000, 1, '', 0, 1, '', '', 'fetch wiki: no route to host', 1795510806000, 1795510806000),
('y', 1, 'wiki', 'list@example.org', 'wiki', 1, 'Title of y', 'Ada', 'ada@example.org', 'y@example.org', '9eef47090a13a1935b14336f6f4782b2c52cbac05588e9db2b889d9077f9022a', 'done', 0, 9223372036854775807, 0, '', 0, 1, 'clean', '', '', 1795510806000, 1795510806000);
INSERT INTO report (series_id, version, epoch, digest, verdict, base_commit, body, created) VALUES
('s', 1, 1, '794a0b3a83910494f7633da8d8c180f6dd422036a45962309e53a3f4312ceccc', 'remarks', '1eaac561eaac561eaac561eaac561eaac561eaac', '{"verdict":"remarks","note":"é\u0000"}', 1795510802000),
('y', 1, 1, '9eef47090a13a1935b14336f6f4782b2c52cbac05588e9db2b889d9077f9022a', 'clean', '', '{}', 1795510806000);
INSERT INTO outbox (key, series_id, version, kind, message_id, sender, recipients, raw_hash, state, run_at, attempts, probes, owner, lease, epoch, queue_id, error, created, sent) VALUES
('s|1|review|1', 's', 1, 'review', 'reply-s-1@example.org', 'bot@example.org', '["ada@example.org","list@example.org"]', '0dbed81fa7c70c2d22336d1f81adca3853186a1c7470c9e7cad98f7ed0dc8db6', 'sent', 1795510804000, 1, 0, '', 0, 1, '4XqL2', '', 1795510802000, 1795510804000),
('y|1|review|1', 'y', 1, 'review', 'reply-y-1@example.org', 'bot@example.org', '["ada@example.org","list@example.org"]', '9546b207d8233c7247d6dde0d697d04aaf6f4cd7d52c3c5e512ad87aa5fa6f9c', 'held', 1795510806000, 0, 0, '', 0, 0, '', 'replies are not enabled', 1795510806000, 0);
INSERT INTO step (seq, writer, at, message_id, series_id, version, event, detail) VALUES
(1, 'host/1234/ABCDEFGH', 1795510800000, 'p1@example.org', '', 0, 'received', 'INBOX'),
(2, 'host/1234/ABCDEFGH', 1795510801000, 'noise@example.org', '', 0, 'ignored', 'not-a-patch'),
(3, 'host/1234/ABCDEFGH', 1795510802000, 'p1@example.org', 's', 1, 'reviewed', 'remarks'),
(4, 'host/1234/ABCDEFGH', 1795510802000, 'reply-s-1@example.org', 's', 1, 'reply-recorded', 's|1|review|1'),
(5, 'host/1234/ABCDEFGH', 1795510803000, 'reply-s-1@example.org', 's', 1, 'sending', 'attempt 1'),
(6, 'host/1234/ABCDEFGH', 1795510804000, 'reply-s-1@example.org', 's', 1, 'sent', '4XqL2'),
(7, 'host/1234/ABCDEFGH', 1795510805000, 'v2@example.org', '', 0, 'received', 'INBOX'),
(8, 'host/1234/ABCDEFGH', 1795510805000, '', 's', 1, 'superseded', 'by v2'),
(9, 'host/1234/ABCDEFGH', 1795510806000, 'reply-y-1@example.org', 'y', 1, 'reply-recorded', 'y|1|review|1'),
(10, 'host/1234/ABCDEFGH', 1795510806000, 'reply-y-1@example.org', 'y', 1, 'held', 'replies are not enabled');
