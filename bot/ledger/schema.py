"""The ledger's tables. Times are seconds since the epoch; `doc` columns hold JSON.

deliveries   what came in and must not be lost, by idempotency key, and until it is done the mark of Slack's door
jobs         one purge each; an open job always has a due time
layers       a job's caches, innermost first, with counters of their calls
batches      one call each, committed before it is sent and after
budgets      one token bucket or window for each account and bucket
spends       what was taken from windows
tally        what was spent of buckets that cost money, by calendar month
votes looks drafts
known        URLs that jobs named, with their tags; `glimpsed` are those that were only seen by the way
seen_old     how visitors ask for a URL to whom a diagnosis, of plain ones a check too, saw an old copy of it given
holds        what nothing may begin on, by site; `*` is every site
notices      what channels are to be told of holds
in_line      requests that wait for the end of a hold, and the job that took them up
in_line_told what lists tell of them
in_line_over how those ended that no job took up
reviews      each broken glass, until somebody else has looked at it
deploys      which version of a site came out when, by the job that purges for it
warmings     what is fetched through the edges, and how far that is
urgent       jobs that go before all others, and who had them do so
joined       requests that were found to ask for a job that waited already
schedules    what the file has come again: the last time that was seen to, and the next
recent       each person's last targets, as lines that can be asked for again
messages     the Slack messages that show a job, and what they show
lines        a job's thread, one step a line
homes        the Home tabs that people have opened, and what they show
history      one row a job for searching and counting, with `ran` not known where a version before 4 wrote it;
             `history_fts` is its index, made where the ledger is opened
manifests    the files of each site's last deploys, packed
journal      append-only, each entry holding the hash of the one before
"""

VERSION = 5

TABLES = """
create table if not exists meta (name text primary key, value text not null);
insert or ignore into meta (name, value) values ('ledger', lower(hex(randomblob(8))));

create table if not exists deliveries (
  key text primary key, kind text not null, body text not null, at real not null,
  due_at real, tries integer not null default 0, done_at real, answer text, mark text not null default ''
);
create index if not exists deliveries_due on deliveries (due_at) where due_at is not null;

create table if not exists jobs (
  id integer primary key autoincrement, key text unique, site text not null, state text not null, verdict text not null,
  kind text not null, requested_by text not null, created real not null, due_at real, version integer not null,
  digest text not null, doc text not null,
  check (due_at is not null or state in ('done', 'partial', 'failed', 'cancelled', 'denied', 'expired'))
);
create index if not exists jobs_due on jobs (due_at) where due_at is not null;
create index if not exists jobs_state on jobs (state);
create index if not exists jobs_by on jobs (requested_by, created);
create index if not exists jobs_site on jobs (site, id);
create index if not exists jobs_torn on jobs (id) where not json_valid(doc);
create index if not exists jobs_timed on jobs (requested_by)
  where case when json_valid(doc) then json_extract(doc, '$.scheduled_for') end > 0;

create table if not exists targets (job integer primary key, doc blob not null);

create table if not exists layers (
  job integer not null, position integer not null, account text not null, state text not null, doc text not null,
  calls integer not null, sent integer not null default 0, open integer not null default 0,
  pending integer not null default 0, failed integer not null default 0, unknown integer not null default 0,
  cancelled integer not null default 0, retries integer not null default 0, ready_at real,
  primary key (job, position)
);

create index if not exists layers_torn on layers (job) where not json_valid(doc);

create table if not exists batches (
  id integer primary key autoincrement, job integer not null, position integer not null, account text not null,
  state text not null, kind text not null, call text not null, tries integer not null default 0,
  throttles integer not null default 0, ready_at real not null default 0, owner text not null default '',
  receipt text, trouble text, sent_at real, changed real, passes integer not null default 0
);
create index if not exists batches_flying on batches (account) where state = 'sending';
create index if not exists batches_line on batches (job, position, state, ready_at);
drop index if exists batches_ready;
drop index if exists batches_layer;

create table if not exists budgets (
  account text not null, bucket text not null, tat real not null default 0, blocked_until real not null default 0,
  share real not null default 1, share_until real not null default 0,
  primary key (account, bucket)
);
create table if not exists spends (account text not null, bucket text not null, at real not null, units real not null);
create index if not exists spends_recent on spends (account, bucket, at);

create table if not exists tally (
  account text not null, bucket text not null, month text not null, units integer not null,
  primary key (account, bucket, month)
);

create table if not exists votes (
  job integer not null, by text not null, yes integer not null, at real not null, reason text not null,
  digest text not null, round integer not null default 0, primary key (job, by, round)
);

create table if not exists looks (
  job integer not null, phase text not null, place text not null, url text not null, n integer not null,
  doc text not null, primary key (job, phase, place, url, n)
);

create table if not exists known (
  site text not null, url text not null, tags text not null default ' ', seen real not null, primary key (site, url)
);

create table if not exists glimpsed (
  site text not null, url text not null, tags text not null default ' ', seen real not null, primary key (site, url)
);

create table if not exists seen_old (
  site text not null, url text not null, variant text not null, seen real not null, primary key (site, url, variant)
);

create table if not exists drafts (
  id text primary key, by text not null, expires real not null, doc text not null
);

create table if not exists recent (
  by text not null, line text not null, site text not null, at real not null, primary key (by, line, site)
);

create table if not exists messages (
  job integer not null, role text not null, channel text not null, thread_ts text not null default '',
  ts text not null default '', shown text not null default '', due_at real,
  shown_at real not null default 0, tries integer not null default 0, token text not null default '',
  lost integer not null default 0, link text not null default '',
  primary key (job, role)
);
create index if not exists messages_due on messages (due_at) where due_at is not null;

create table if not exists lines (
  job integer not null, n integer not null, text text not null, at real not null, posted integer not null default 0,
  primary key (job, n)
);
create index if not exists lines_waiting on lines (job) where posted = 0;

create table if not exists homes (
  user text primary key, team text not null, opened_at real not null, due_at real, stale integer not null default 1,
  shown text not null default '', shown_at real not null default 0, tries integer not null default 0,
  note text not null default ''
);
create index if not exists homes_due on homes (due_at) where due_at is not null;
create index if not exists homes_fresh on homes (stale) where stale = 0;

create table if not exists holds (site text primary key, doc text not null, due_at real);

create table if not exists notices (
  id integer primary key autoincrement, key text not null, channel text not null, at real not null, due_at real,
  tries integer not null default 0, lost integer not null default 0, doc text not null, unique (key, channel)
);
create index if not exists notices_due on notices (channel, id) where due_at is not null;

create table if not exists in_line (
  id integer primary key autoincrement, key text not null unique, site text not null, soft integer not null,
  only_account text not null, checks integer not null, by text not null, team text not null, source text not null,
  channel text not null, thread text not null, at real not null, targets integer not null, urls integer not null,
  doc blob, job integer
);
create table if not exists in_line_told (id integer primary key, first text not null, reason text not null);
create table if not exists in_line_over (
  id integer primary key, at real not null, by text not null, rule text not null, why text not null
);
create index if not exists in_line_waiting on in_line (site) where job is null;

create table if not exists reviews (
  id integer primary key autoincrement, job integer not null, by text not null, at real not null, reason text not null,
  skipped integer not null, needed integer not null, remind real not null, due_at real,
  reminders integer not null default 0, closed_by text not null default '', closed_at real,
  note text not null default ''
);
create index if not exists reviews_by on reviews (by, at);
create index if not exists reviews_job on reviews (job);
create index if not exists reviews_due on reviews (due_at) where due_at is not null;

create table if not exists warmings (
  id integer primary key autoincrement, key text not null unique, site text not null, job integer, due_at real,
  ended real, version integer not null, doc text not null
);
create index if not exists warmings_due on warmings (due_at) where due_at is not null;
create index if not exists warmings_open on warmings (site) where ended is null;
create index if not exists warmings_job on warmings (job) where job is not null;

create table if not exists deploys (
  job integer primary key, site text not null, version text not null, sender text not null, at real not null,
  happened real
);
create index if not exists deploys_of_site on deploys (site, at);

create table if not exists urgent (job integer primary key, by text not null, at real not null);
create index if not exists urgent_by on urgent (by, at);

create table if not exists joined (
  key text primary key, job integer not null, by text not null, at real not null, reason text not null
);
create index if not exists joined_job on joined (job);

create table if not exists schedules (
  name text primary key, times text not null, seen real not null, due_at real
);
create index if not exists schedules_due on schedules (due_at) where due_at is not null;

create table if not exists history (
  job integer primary key, site text not null, kind text not null, by text not null,
  also text not null default '[]', source text not null, created real not null, outcome text not null,
  ran integer, seconds real, waited real, targets text not null, words text not null,
  facts text not null
);
create index if not exists history_created on history (created);

create table if not exists manifests (
  id integer primary key autoincrement, site text not null, deploy text not null, at real not null, doc blob not null,
  unique (site, deploy)
);

create table if not exists journal (
  seq integer primary key, at real not null, event text not null, job integer, actor text not null, doc text,
  doc_hash text not null, previous text not null, hash text not null
);
drop index if exists journal_job;
"""

# What keeps the journal append-only; only the pruning of a document is let through. Made after every change of tables.
GUARDS = {
    "journal_appends": """CREATE TRIGGER journal_appends before insert on journal
when new.seq is not (select coalesce(max(seq), 0) + 1 from journal)
begin select raise(abort, 'the journal is append-only'); end""",
    "journal_keeps": """CREATE TRIGGER journal_keeps before delete on journal
begin select raise(abort, 'the journal is append-only'); end""",
    "journal_stays": """CREATE TRIGGER journal_stays before update on journal
when new.doc is not null or old.doc is null or new.seq is not old.seq or new.at is not old.at
  or new.event is not old.event or new.job is not old.job or new.actor is not old.actor
  or new.doc_hash is not old.doc_hash or new.previous is not old.previous or new.hash is not old.hash
begin select raise(abort, 'the journal is append-only'); end""",
}
JOURNAL_INDEXES = (
    "create index if not exists journal_of_job on journal (job) where job is not null",
    "create index if not exists journal_pruned on journal (event) where event = 'pruned'",
    "create index if not exists journal_queued on journal (event) where event = 'queued'",
)

# What makes a ledger of version n one of version n + 1, besides new tables.
CHANGES: dict[int, tuple[str, ...]] = {
    1: (
        "alter table batches add column passes integer not null default 0",
        "alter table budgets add column share real not null default 1",
        "alter table budgets add column share_until real not null default 0",
    ),
    2: (
        "alter table journal rename to journal_of_version_2",
        """create table journal (
  seq integer primary key, at real not null, event text not null, job integer, actor text not null, doc text,
  doc_hash text not null, previous text not null, hash text not null
)""",
        "insert into journal (seq, at, event, job, actor, doc, doc_hash, previous, hash)"
        " select seq, at, event, job, actor, doc, sha256(doc), previous, hash from journal_of_version_2 order by seq",
        "drop table journal_of_version_2",
        # What the policy judges by: until then a job was counted by its widest kind alone.
        "update jobs set doc = json_set(doc, '$.counts', json_object(kind, max(1, json_extract(doc, '$.targets'))))"
        " where json_extract(doc, '$.counts') is null",
    ),
    3: (
        *(f"drop trigger if exists history_{when}" for when in ("ai", "ad", "au")),  # of the index
        "drop table if exists history_fts",
        "alter table history rename to history_of_version_3",
        """create table history (
  job integer primary key, site text not null, kind text not null, by text not null,
  also text not null default '[]', source text not null, created real not null, outcome text not null,
  ran integer, seconds real, waited real, targets text not null, words text not null,
  facts text not null
)""",
        "insert into history (job, site, kind, by, source, created, outcome, seconds, targets, words, facts)"
        " select job, site, kind, by, source, created, outcome, seconds, targets, words, facts"
        " from history_of_version_3",
        "drop table history_of_version_3",
        "create index history_created on history (created)",
    ),
    4: ("alter table deliveries add column mark text not null default ''",),
}
