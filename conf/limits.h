/// Every bound of a node in one place, each with its derivation; static_asserts relate them.
/// What an operator may change is in conf/config.h; these are the ceilings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace conclave::limits {

// -- frames
// ----------------------------------------------------------------------------------------

/// Largest body of a message: the largest text people send; files do not travel in bodies.
inline constexpr std::uint32_t max_body_bytes = 64 * 1024;

/// Largest `length` a node accepts: a body, its request's other fields, and room for the largest
/// list (500 names of 64 bytes).
inline constexpr std::uint32_t max_frame_bytes = 128 * 1024;
static_assert(max_frame_bytes >= max_body_bytes + 1024);
static_assert(max_frame_bytes >= 500 * (64 + 5) + 1024);

/// Before login a connection may only say HELLO, LOGIN and PING.
inline constexpr std::uint32_t max_frame_bytes_before_login = 1024;

/// Largest `length` a node sends: a full history page and its frame.
inline constexpr std::uint32_t max_answer_bytes = 512 * 1024;

/// A history page ends here, or at its limit of events.
inline constexpr std::uint32_t max_page_bytes = 256 * 1024;
static_assert(max_answer_bytes > max_page_bytes + max_body_bytes + 1024);

// -- one connection
// --------------------------------------------------------------------------------

inline constexpr std::size_t max_open_requests = 256;

/// Reads (history, lists) one connection may have in the reader pool, and openings of burning
/// messages that are not answered: 8 pages of 256 KiB.
inline constexpr std::size_t max_open_reads = 8;

/// Requests about one message (edit, recall, react, pin, forward) that one connection may have
/// open: each is a read of its own.
inline constexpr std::size_t max_open_targets = 64;

/// Outbox: at the first mark pushes stop and become HEAD hints, and reading the socket pauses;
/// below the second they resume; at the hard bound, or without progress for write_stall, it is
/// closed.
inline constexpr std::size_t outbox_high_bytes = 1024 * 1024;
inline constexpr std::size_t outbox_low_bytes = 256 * 1024;
inline constexpr std::size_t outbox_max_bytes = 8 * 1024 * 1024;
static_assert(outbox_max_bytes >= outbox_high_bytes + max_open_reads * max_answer_bytes);

/// Conversations for which a lagging connection is owed a HEAD; beyond it is a slow consumer.
inline constexpr std::size_t max_owed_heads = 16 * 1024;

inline constexpr std::chrono::milliseconds handshake_timeout{5'000};  ///< TLS, HELLO and LOGIN each
inline constexpr std::chrono::milliseconds idle_timeout{90'000};      ///< clients ping every 30 s
inline constexpr std::chrono::milliseconds write_stall{10'000};

/// P9: without commit after this long the answer is `outcome_unknown`.
inline constexpr std::chrono::milliseconds answer_deadline{10'000};

/// Bytes read from one socket per wake-up before the others get their turn.
inline constexpr std::size_t read_budget_bytes = 64 * 1024;

// -- one node
// --------------------------------------------------------------------------------------

/// What a peer may say in TLS itself once the handshake is over, new keys above all, per minute:
/// each costs as much as several requests and counts as none.
inline constexpr std::uint32_t tls_messages_per_minute = 32;
/// TLS handshakes stepped per loop iteration: a reconnect storm must not starve live sockets.
inline constexpr std::size_t handshakes_per_iteration = 8;

/// Requests admitted but not yet answered: bytes over all connections.
inline constexpr std::size_t max_admitted_bytes = 64 * 1024 * 1024;

/// Jobs waiting for the reader pool; each holds one open request of a connection.
inline constexpr std::size_t max_queued_reads = 4096;

/// Threads that hash passwords: half of the cores, so that a storm of logins leaves the other half
/// to those who are in. Each takes the memory of one hash, 19 MiB.
constexpr std::size_t password_threads(std::size_t cores) {
  return cores < 4 ? 1 : cores / 2;
}

/// Passwords waiting for those threads. A hash is to take 50 to 150 ms: with one thread the last of
/// 64 still hears within answer_deadline; whoever comes after them is told at once to come later.
inline constexpr std::size_t max_queued_passwords = 64;
static_assert(max_queued_passwords * std::chrono::milliseconds(150) <= answer_deadline);

/// Accounts, and as many networks, whose failed logins are remembered for an hour: about 120 bytes
/// each, 24 MB together. So many failures an hour are 28 a second, more than one thread can hash.
inline constexpr std::size_t max_login_limiter_entries = 100'000;

/// Of them, accounts that have to wait and that a restart does not forget: 100 KB in one row, which
/// is written at most once in login_save_every however many guesses there are.
inline constexpr std::size_t max_saved_login_failures = 4'096;
inline constexpr std::chrono::seconds login_save_every{5};

/// Watermarks of the disk, in thousandths of it: told from the first on, no growth from the second,
/// no writes from the third; left one percent below. A commit is at most 8 MiB and memory tables
/// hold a few hundred, so 5 % of any disk that is worth its name outlast the looks in between.
inline constexpr std::uint32_t disk_alarm_permille = 850;
inline constexpr std::uint32_t disk_no_growth_permille = 920;
inline constexpr std::uint32_t disk_no_writes_permille = 950;
inline constexpr std::uint32_t disk_hysteresis_permille = 10;

/// The ballast is at most this part of the disk: given back it must not hide the last level.
inline constexpr std::uint64_t ballast_share_of_disk = 100;

// -- conversations
// ---------------------------------------------------------------------------------

/// An actor keeps a record of about 120 bytes per member, so that a full one costs some 12 MB.
inline constexpr std::size_t max_members = 100'000;
inline constexpr std::size_t max_users_per_request = 500;

/// A burning message has one row with all its readers.
inline constexpr std::size_t max_burn_readers = 200;
inline constexpr std::size_t max_pins = 50;
inline constexpr std::size_t max_reactions = 20;

/// Versions of one message: a recall reads and rewrites them all, 64 KiB each.
inline constexpr std::size_t max_edits = 100;
inline constexpr std::size_t max_join_requests = 500;
/// Who is told that somebody waits for approval; the others find it in LIST_JOIN_REQUESTS.
inline constexpr std::size_t max_admins_told = 20;

/// Above this many members only owner and admins may name everybody, and reading is no longer
/// pushed one by one.
inline constexpr std::size_t max_members_to_name_all = 500;
inline constexpr std::size_t max_members_for_read_by = 100;

/// Rows that one step of a large operation touches.
inline constexpr std::size_t max_job_step = 1'000;

/// Targets whose last rewriting or opening an actor remembers, the newer half when there were more;
/// a request that looked at an older view is told `conflict`. Half a MiB, while the actor is awake.
/// Openings make no event and may be more, until the actor rests at eight times as many.
inline constexpr std::size_t max_remembered_rewrites = 8'192;

/// Timers on their way to one conversation. Their messages were looked at before the first of them
/// fired, so all of them must fit in what is remembered.
inline constexpr std::size_t max_timers_on_their_way = max_remembered_rewrites / 2 - 500;

// -- users
// -----------------------------------------------------------------------------------------

inline constexpr std::size_t max_watched = 32;
inline constexpr std::uint64_t inbox_kept = 10'000;
/// Entries dropped at a time once an inbox is longer than it must be.
inline constexpr std::uint64_t inbox_trim_step = 500;

/// Uncommitted work of one conversation; above it requests are answered `overloaded`.
inline constexpr std::size_t max_uncommitted_events = 4096;
inline constexpr std::size_t max_uncommitted_bytes = 1024 * 1024;

/// A proposal is one entry of the log, which must fit in a peer's frame. From so many bytes on the
/// next request goes into the next one. The most that one request adds is what a batch of timers
/// makes of messages with many edits and mentions, some 3 MB; 500 who wait for approval, told to
/// max_admins_told, are half a MB.
inline constexpr std::size_t max_draft_redo_bytes = 1280 * 1024;
inline constexpr std::size_t max_redo_per_request = 4 * 1024 * 1024;
/// What is remembered of one device's requests.
inline constexpr std::size_t max_sender_record_bytes = 5 * 1024;

/// Parked while an actor loads its state: requests, and bytes of the messages that they are about.
inline constexpr std::size_t max_parked_requests = 4096;
inline constexpr std::size_t max_parked_bytes = 8 * 1024 * 1024;

/// An entity without work for this long goes to sleep.
inline constexpr std::chrono::milliseconds passivate_after{60'000};

// -- the shard writer
// ------------------------------------------------------------------------------

/// Redo bytes of one group commit: large groups pay until about 500 rows of 250 bytes, and this
/// bounds the time of one fsync.
inline constexpr std::size_t max_commit_bytes = 2 * 1024 * 1024;

/// What a single node keeps of a shard's log, for verification: the newest bytes, and never more
/// entries. Less than a memtable (64 MiB), so that most of a busy log is dropped before it would be
/// written to a table.
inline constexpr std::uint64_t log_keep_bytes = 16 * 1024 * 1024;
inline constexpr std::uint64_t log_keep_entries = 50'000;
/// It is trimmed in chunks of so many bytes or entries, a range delete each: many small ones would
/// slow down whoever reads the log.
inline constexpr std::uint64_t log_trim_bytes = 4 * 1024 * 1024;
inline constexpr std::uint64_t log_trim_entries = 10'000;
/// A chain mark is written every so many entries: start-up verifies at most these.
inline constexpr std::uint64_t chain_mark_entries = 4'096;
/// …or after so many bytes of a shard's log, so that verifying at start-up stays below a second.
inline constexpr std::uint64_t chain_mark_bytes = 32 * 1024 * 1024;

// -- between the nodes of a cluster
// ---------------------------------------------------------------

/// Heartbeats, repeats and claims of replicas; and how many ticks pass between two words about how
/// a node's replicas stand.
inline constexpr std::chrono::milliseconds replica_tick{500};
inline constexpr std::uint64_t replica_ticks_per_status = 2;
/// How long an empty founder listens for nodes that may hold data of its cluster.
inline constexpr std::chrono::milliseconds founding_patience{5'000};

/// How often the copies of a cluster compare the digests of their whole state (promise P8: at least
/// hourly), and how long after a node has begun to lead for the first time.
inline constexpr std::chrono::milliseconds digest_interval{30 * 60 * 1'000};
inline constexpr std::chrono::milliseconds first_digest_after{60'000};

/// Newest entries of a shard kept in memory for peers that keep up: some seconds of a busy one.
inline constexpr std::size_t recent_entry_bytes = 8 * 1024 * 1024;

/// A replicated shard keeps more of its log than one that stands alone: a peer that was away for
/// less than this catches up from it, beyond it needs a snapshot.
inline constexpr std::uint64_t replicated_log_keep_bytes = 64 * 1024 * 1024;
/// …and never more entries: those of 64 bytes, so that it is the bytes that count. What a restart
/// finds is bounded by this alone until as many bytes have followed.
inline constexpr std::uint64_t replicated_log_keep_entries = 1'000'000;
/// While a peer gets a snapshot or catches up the leader keeps what it needs, up to so many times
/// as much: 512 MiB of a shard, or the snapshot would be outdated before it is there, again and
/// again.
inline constexpr std::uint64_t log_kept_for_peers = 8;
/// So long after a snapshot has gone out its receiver's acknowledgement is waited for.
inline constexpr std::chrono::milliseconds seeded_peer_patience{10'000};

/// An APPEND ends with the entry that takes it above this: two group commits.
inline constexpr std::size_t peer_batch_bytes = 2 * max_commit_bytes;

/// A block of a seed ends with the row that takes it above this. The sender scans one while the
/// receiver writes another; smaller ones would pay a round trip each.
inline constexpr std::size_t seed_block_bytes = 1024 * 1024;

/// Blocks of a seed on their way: one being scanned, one on the wire, two being written.
inline constexpr std::uint32_t seed_blocks_under_way = 4;

/// Largest `length` between nodes: a batch that one more group commit, itself above its bound by
/// one proposal, has taken above its own.
inline constexpr std::uint32_t max_peer_frame_bytes = 12 * 1024 * 1024;
static_assert(max_peer_frame_bytes >=
              peer_batch_bytes + max_commit_bytes + max_draft_redo_bytes + max_redo_per_request);

/// What a link may owe its peer before further frames are dropped: four of the largest frames, and
/// three seconds of a line of 100 Mbit/s. Beyond it repeats of the core only pile up.
inline constexpr std::size_t peer_outbox_bytes = 4 * std::size_t{max_peer_frame_bytes};

/// Every link carries something so often; one that brings nothing for so long is closed.
inline constexpr std::chrono::milliseconds peer_ping_period{2'000};
inline constexpr std::chrono::milliseconds peer_silence{10'000};
static_assert(peer_silence >= 4 * peer_ping_period);

/// Dialling again: at first, and doubled up to. A link that held out for peer_link_proven begins
/// anew, so that two copies of one node do not push each other out ten times a second.
inline constexpr std::chrono::milliseconds peer_redial_first{100};
inline constexpr std::chrono::milliseconds peer_redial_most{2'000};
inline constexpr std::chrono::milliseconds peer_link_proven{10'000};

/// Accepted at the same time, strangers before their certificate is seen included.
inline constexpr std::size_t max_peer_connections = 256;

// -- time
// ------------------------------------------------------------------------------------------

/// A wall clock jump against CLOCK_BOOTTIME beyond this is held and alarmed.
inline constexpr std::chrono::milliseconds max_clock_jump{60'000};

}  // namespace conclave::limits
