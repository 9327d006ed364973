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

CREATE VIEW overdue AS
  SELECT loan_id, barcode, member_id, due_on FROM loan WHERE returned_at IS NULL AND due_on < date('now');

COMMIT;
