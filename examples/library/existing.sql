-- Riverside Public Library, circulation database.
-- Dump of 2019-11-04, "circ 3.2". Kept by hand since 2007: mind the spelling.

PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;

CREATE TABLE branch (
  branch_id    INTEGER PRIMARY KEY AUTOINCREMENT,
  name         VARCHAR(60) NOT NULL UNIQUE,
  street       VARCHAR(80),
  city         VARCHAR(40) NOT NULL DEFAULT 'Riverside',
  opened_on    DATE,
  is_mobile    BOOLEAN NOT NULL DEFAULT 0
);

CREATE TABLE publisher (
  publisher_id INTEGER PRIMARY KEY,
  name         TEXT NOT NULL,
  country      CHAR(2)
);

CREATE TABLE author (
  author_id    INTEGER PRIMARY KEY,
  last_name    VARCHAR(60) NOT NULL,
  first_name   VARCHAR(60),
  born         INTEGER,
  died         INTEGER,
  CHECK (died IS NULL OR died >= born)
);
CREATE INDEX ix_author_name ON author (last_name, first_name);

CREATE TABLE subject (
  code         TEXT PRIMARY KEY NOT NULL,
  label        TEXT NOT NULL,
  parent_code  TEXT REFERENCES subject (code)
) WITHOUT ROWID;
CREATE INDEX ix_subject_parent ON subject (parent_code);

CREATE TABLE title (
  title_id     INTEGER PRIMARY KEY,
  isbn         CHAR(13) UNIQUE,
  name         VARCHAR(200) NOT NULL,
  subtitle     VARCHAR(200),
  publisher_id INTEGER REFERENCES publisher (publisher_id),
  published    INTEGER,
  pages        SMALLINT,
  language     CHAR(3) NOT NULL DEFAULT 'eng',
  list_price   DECIMAL(8, 2),
  rating       REAL
);
CREATE INDEX ix_title_name ON title (name);
CREATE INDEX ix_title_published ON title (published);
CREATE INDEX ix_title_publisher ON title (publisher_id);

CREATE TABLE title_author (
  title_id     INTEGER NOT NULL REFERENCES title (title_id),
  author_id    INTEGER NOT NULL REFERENCES author (author_id),
  role         VARCHAR(12) NOT NULL DEFAULT 'author',
  PRIMARY KEY (title_id, author_id)
);
CREATE INDEX ix_title_author_author ON title_author (author_id);

CREATE TABLE title_subject (
  title_id     INTEGER NOT NULL REFERENCES title (title_id),
  subject_code TEXT NOT NULL REFERENCES subject (code),
  PRIMARY KEY (title_id, subject_code)
);
CREATE INDEX ix_title_subject_subject ON title_subject (subject_code);

CREATE TABLE copy (
  barcode      TEXT PRIMARY KEY NOT NULL,
  title_id     INTEGER NOT NULL REFERENCES title (title_id),
  branch_id    INTEGER NOT NULL REFERENCES branch (branch_id),
  shelf        VARCHAR(12),
  status       VARCHAR(10) NOT NULL DEFAULT 'in' CHECK (status IN ('in', 'out', 'lost', 'repair')),
  acquired_on  DATE NOT NULL DEFAULT CURRENT_DATE
);
CREATE INDEX ix_copy_title ON copy (title_id);
CREATE INDEX ix_copy_branch ON copy (branch_id);
CREATE INDEX ix_copy_status ON copy (status);

CREATE TABLE member (
  member_id    INTEGER PRIMARY KEY,
  card_no      TEXT NOT NULL UNIQUE,
  full_name    VARCHAR(80) NOT NULL,
  email        VARCHAR(120),
  pin_hash     TEXT NOT NULL,
  home_branch  INTEGER REFERENCES branch (branch_id),
  is_staff     BOOLEAN NOT NULL DEFAULT 0,
  joined_at    DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE loan (
  loan_id      INTEGER PRIMARY KEY,
  barcode      TEXT NOT NULL REFERENCES copy (barcode),
  member_id    INTEGER NOT NULL REFERENCES member (member_id),
  lent_at      DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  due_on       DATE NOT NULL,
  returned_at  DATETIME,
  renewals     TINYINT NOT NULL DEFAULT 0
);
CREATE INDEX ix_loan_member ON loan (member_id);
CREATE INDEX ix_loan_barcode ON loan (barcode);
CREATE INDEX ix_loan_due ON loan (due_on);
CREATE UNIQUE INDEX ux_loan_open ON loan (barcode) WHERE returned_at IS NULL;

CREATE TABLE hold (
  hold_id      INTEGER PRIMARY KEY,
  title_id     INTEGER NOT NULL REFERENCES title (title_id),
  member_id    INTEGER NOT NULL REFERENCES member (member_id),
  pickup_at    INTEGER NOT NULL REFERENCES branch (branch_id),
  placed_at    DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  note         TEXT,
  UNIQUE (title_id, member_id)
);
CREATE INDEX ix_hold_member ON hold (member_id);

CREATE TABLE fine (
  fine_id      INTEGER PRIMARY KEY,
  loan_id      INTEGER NOT NULL REFERENCES loan (loan_id),
  amount       NUMERIC NOT NULL,
  reason       TEXT,
  paid         BOOLEAN NOT NULL DEFAULT 0
);
CREATE INDEX ix_fine_loan ON fine (loan_id);

CREATE TABLE review (
  review_id    INTEGER PRIMARY KEY,
  title_id     INTEGER NOT NULL REFERENCES title (title_id),
  member_id    INTEGER NOT NULL REFERENCES member (member_id),
  stars        INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  body         TEXT,
  written_at   DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (title_id, member_id)
);
CREATE INDEX ix_review_member ON review (member_id);
CREATE INDEX ix_review_stars ON review (stars);

-- For the terminals in the reading room.
CREATE VIRTUAL TABLE title_words USING fts5 (name, subtitle, content = 'title', content_rowid = 'title_id');
CREATE TRIGGER title_words_insert AFTER INSERT ON title BEGIN
  INSERT INTO title_words (rowid, name, subtitle) VALUES (new.title_id, new.name, new.subtitle);
END;
CREATE TRIGGER title_words_delete AFTER DELETE ON title BEGIN
  INSERT INTO title_words (title_words, rowid, name, subtitle) VALUES ('delete', old.title_id, old.name, old.subtitle);
END;
CREATE TRIGGER title_words_update AFTER UPDATE ON title BEGIN
  INSERT INTO title_words (title_words, rowid, name, subtitle) VALUES ('delete', old.title_id, old.name, old.subtitle);
  INSERT INTO title_words (rowid, name, subtitle) VALUES (new.title_id, new.name, new.subtitle);
END;

CREATE VIEW overdue AS
  SELECT loan_id, barcode, member_id, due_on FROM loan WHERE returned_at IS NULL AND due_on < date('now');

INSERT INTO branch (branch_id, name, street, city, opened_on, is_mobile) VALUES
  (1, 'Main Street', '12 Main Street', 'Riverside', '1921-05-02', 0),
  (2, 'North Bank', '4 Mill Lane', 'Riverside', '1978-09-14', 0),
  (3, 'Book Bus', NULL, 'Riverside', '2003-03-01', 1);

INSERT INTO publisher (publisher_id, name, country) VALUES
  (1, 'Harper & Row', 'US'),
  (2, 'Viking Press', 'US'),
  (3, 'Faber and Faber', 'GB'),
  (4, 'Gallimard', 'FR'),
  (5, 'Kodansha', 'JP'),
  (6, 'Self-published', NULL);

INSERT INTO author (author_id, last_name, first_name, born, died) VALUES
  (1, 'Le Guin', 'Ursula K.', 1929, 2018),
  (2, 'Steinbeck', 'John', 1902, 1968),
  (3, 'Ishiguro', 'Kazuo', 1954, NULL),
  (4, 'Beauvoir', 'Simone de', 1908, 1986),
  (5, 'Murakami', 'Haruki', 1949, NULL),
  (6, 'Carson', 'Rachel', 1907, 1964),
  (7, 'Lessing', 'Doris', 1919, 2013),
  (8, 'Knuth', 'Donald E.', 1938, NULL),
  (9, 'Homer', NULL, NULL, NULL),
  (10, 'Fagles', 'Robert', 1933, 2008);

INSERT INTO subject (code, label, parent_code) VALUES
  ('FIC', 'Fiction', NULL),
  ('FIC.SF', 'Science fiction', 'FIC'),
  ('FIC.LIT', 'Literary fiction', 'FIC'),
  ('NON', 'Non-fiction', NULL),
  ('NON.PHI', 'Philosophy', 'NON'),
  ('NON.SCI', 'Science', 'NON'),
  ('NON.CS', 'Computing', 'NON.SCI'),
  ('FIC.EPIC', 'Epic poetry', 'FIC');

INSERT INTO title (title_id, isbn, name, subtitle, publisher_id, published, pages, language, list_price, rating) VALUES
  (1, '9780060512750', 'The Dispossessed', 'An ambiguous utopia', 1, 1974, 341, 'eng', 16.99, 4.6),
  (2, '9780441478125', 'The Left Hand of Darkness', NULL, 1, 1969, 304, 'eng', 15, 4.5),
  (3, '9780142000670', 'Of Mice and Men', NULL, 2, 1937, 107, 'eng', 12, 4.1),
  (4, '9780142000687', 'East of Eden', NULL, 2, 1952, 601, 'eng', 19.5, 4.7),
  (5, '9780571258093', 'Never Let Me Go', NULL, 3, 2005, 288, 'eng', 9.99, 4.2),
  (6, '9780571200733', 'The Remains of the Day', NULL, 3, 1989, 258, 'eng', 9.99, 4.4),
  (7, '9782070205134', 'Le Deuxième Sexe', 'Les faits et les mythes', 4, 1949, 409, 'fra', 10.5, 4.3),
  (8, '9784062748681', 'Norwegian Wood', NULL, 5, 1987, 296, 'jpn', NULL, 4.0),
  (9, '9780618249060', 'Silent Spring', NULL, 1, 1962, 378, 'eng', 17.25, 4.4),
  (10, '9780007247202', 'The Golden Notebook', NULL, NULL, 1962, 576, 'eng', 14.99, 3.9),
  (11, '9780201896831', 'The Art of Computer Programming', 'Volume 1: Fundamental algorithms', NULL, 1968, 650, 'eng', 79.99, 4.8),
  (12, '9780140268867', 'The Odyssey', 'Translated by Robert Fagles', 2, 1996, 541, 'eng', 22, 4.6),
  (13, NULL, 'A Walk around the North Bank', 'Local history society', 6, 1983, 48, 'eng', NULL, NULL);

INSERT INTO title_author (title_id, author_id, role) VALUES
  (1, 1, 'author'),
  (2, 1, 'author'),
  (3, 2, 'author'),
  (4, 2, 'author'),
  (5, 3, 'author'),
  (6, 3, 'author'),
  (7, 4, 'author'),
  (8, 5, 'author'),
  (9, 6, 'author'),
  (10, 7, 'author'),
  (11, 8, 'author'),
  (12, 9, 'author'),
  (12, 10, 'translator');

INSERT INTO title_subject (title_id, subject_code) VALUES
  (1, 'FIC.SF'),
  (2, 'FIC.SF'),
  (3, 'FIC.LIT'),
  (4, 'FIC.LIT'),
  (5, 'FIC.LIT'),
  (5, 'FIC.SF'),
  (6, 'FIC.LIT'),
  (7, 'NON.PHI'),
  (8, 'FIC.LIT'),
  (9, 'NON.SCI'),
  (10, 'FIC.LIT'),
  (11, 'NON.CS'),
  (12, 'FIC.EPIC');

INSERT INTO copy (barcode, title_id, branch_id, shelf, status, acquired_on) VALUES
  ('R1000', 1, 1, 'B01', 'out', '2006-02-11'),
  ('R1007', 1, 2, 'B01', 'in', '2006-02-11'),
  ('R1014', 2, 1, 'C02', 'out', '2007-03-12'),
  ('R1021', 3, 1, 'D03', 'in', '2008-04-13'),
  ('R1028', 3, 2, 'D03', 'in', '2008-04-13'),
  ('R1035', 3, 3, 'D03', 'out', '2008-04-13'),
  ('R1042', 4, 1, 'A04', 'in', '2009-05-14'),
  ('R1049', 5, 1, 'B05', 'lost', '2010-06-15'),
  ('R1056', 5, 2, 'B05', 'in', '2010-06-15'),
  ('R1063', 6, 1, 'C06', 'in', '2011-07-16'),
  ('R1070', 7, 1, 'D07', 'repair', '2012-08-17'),
  ('R1077', 7, 2, 'D07', 'in', '2012-08-17'),
  ('R1084', 8, 1, 'A08', 'in', '2013-09-18'),
  ('R1091', 8, 3, 'A08', 'in', '2013-09-18'),
  ('R1098', 9, 1, 'B09', 'in', '2014-01-19'),
  ('R1105', 9, 2, 'B09', 'in', '2014-01-19'),
  ('R1112', 10, 1, 'C10', 'in', '2015-02-10'),
  ('R1119', 11, 1, 'D11', 'in', '2016-03-11'),
  ('R1126', 11, 2, 'D11', 'in', '2016-03-11'),
  ('R1133', 12, 1, 'A12', 'in', '2017-04-12'),
  ('R1140', 13, 1, 'B13', 'in', '2018-05-13'),
  ('R1147', 13, 2, 'B13', 'in', '2018-05-13');

INSERT INTO member (member_id, card_no, full_name, email, pin_hash, home_branch, is_staff, joined_at) VALUES
  (1, 'S-0001', 'Edith Marlow', 'edith@riverside.example', '$argon2id$v=19$m=19456,t=2,p=1$HAjYXcbJQyKNt18b+c3avw$IGrtAQPGmcCZAf4LRE8WXysw7i75VzgNeJh2ltDzjVE', 1, 1, '2007-01-08 09:00:00'),
  (2, 'R-1042', 'Amir Haddad', 'amir@haddad.example', '$argon2id$v=19$m=19456,t=2,p=1$dCSCpRX4Lq9/plcrDylLzQ$ZQ0/gUeUTV1fQbuyPqnPTgVr4wERjN+sqeK4SREPXeA', 1, 0, '2011-06-17 14:22:10'),
  (3, 'R-1108', 'Ines Calvo', NULL, '$argon2id$v=19$m=19456,t=2,p=1$5kK8FkV3NY7nnsEtaw6T/g$AGfmIdKlmb45jJDtFUeY4i4WrCK5V36+Qp6fkdxhwRc', 2, 0, '2014-02-03 10:05:41'),
  (4, 'R-1190', 'Tomasz Wrona', 'tw@wrona.example', '$argon2id$v=19$m=19456,t=2,p=1$mOl70wIDPxboeXXOaon/pQ$F9gVtJgofob91WcGnl+Pynz40PE10/C82uxh1I68TdE', 2, 0, '2017-11-25 16:48:09'),
  (5, 'R-1215', 'June Abara', 'june@abara.example', '$argon2id$v=19$m=19456,t=2,p=1$8lVWE9lseoAii2VWTjXy/w$9T05xIDkaSD95efGvRLAGhDtam0K5IXBL0z+bTw3vCg', NULL, 0, '2019-08-30 11:11:11');

INSERT INTO loan (loan_id, barcode, member_id, lent_at, due_on, returned_at, renewals) VALUES
  (1, 'R1000', 2, '2019-10-21 10:12:00', '2019-11-18', NULL, 0),
  (2, 'R1014', 3, '2019-10-02 17:30:00', '2019-10-30', NULL, 1),
  (3, 'R1035', 4, '2019-10-28 12:01:00', '2019-11-25', NULL, 0),
  (4, 'R1007', 2, '2019-08-05 09:15:00', '2019-09-02', '2019-08-29 15:00:00', 0),
  (5, 'R1056', 2, '2018-03-12 09:15:00', '2018-04-09', '2018-05-01 10:40:00', 2),
  (6, 'R1063', 3, '2019-01-14 13:00:00', '2019-02-11', '2019-02-10 09:05:00', 0),
  (7, 'R1084', 4, '2018-12-01 11:45:00', '2018-12-29', '2019-01-02 14:20:00', 0),
  (8, 'R1049', 5, '2019-08-31 10:00:00', '2019-09-28', NULL, 0);

INSERT INTO hold (hold_id, title_id, member_id, pickup_at, placed_at, note) VALUES
  (1, 1, 3, 2, '2019-10-25 08:30:00', 'any printing'),
  (2, 5, 2, 1, '2019-11-01 19:02:00', NULL),
  (3, 8, 2, 3, '2019-11-02 07:45:00', 'will meet the bus');

INSERT INTO fine (fine_id, loan_id, amount, reason, paid) VALUES
  (1, 5, 4.4, '22 days late', 1),
  (2, 7, 0.8, '4 days late', 0),
  (3, 8, 19.5, 'lost', 0);

INSERT INTO review (review_id, title_id, member_id, stars, body, written_at) VALUES
  (1, 1, 2, 5, 'Read it twice, and it is another book each time.', '2019-09-01 20:10:00'),
  (2, 3, 3, 4, NULL, '2018-06-14 18:00:00'),
  (3, 6, 2, 5, 'Nothing happens, and I could not stop.', '2018-05-02 21:33:00'),
  (4, 11, 4, 3, 'Heavy. Good for pressing flowers.', '2019-01-03 08:12:00'),
  (5, 12, 3, 5, 'Read it aloud.', '2019-02-11 22:01:00'),
  (6, 5, 4, 4, NULL, '2017-12-24 17:00:00');

COMMIT;
PRAGMA foreign_keys = ON;
