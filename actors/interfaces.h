/// All actor interfaces and all messages between actors. Messages are small and cheap to copy (CAF
/// may copy them); what is large or must exist once travels behind a shared_ptr. No actor answers:
/// outcomes go back through tickets (reply.h) and through the messages below.
#pragma once

#include "actors/caf_compat.h"
#include "actors/conversation_request.h"
#include "actors/registrar_request.h"
#include "storage/reads.h"
#include "storage/shard_writer.h"

#include <cstdint>
#include <memory>
#include <string>

namespace conclave::actors {

/// Requests of one wake-up for one conversation.
struct conversation_work {
  std::shared_ptr<conversation_batch> batch;
};

/// One request for a registrar.
struct registrar_work {
  std::shared_ptr<registrar_request> request;
};

/// The shard writer settled proposals, oldest first.
struct proposals_resolved {
  storage::resolution news;
};

/// The drain token came back: nothing of an earlier incarnation is left in the writer.
struct claim_granted {
  std::uint64_t version = 0;
};

/// The reader pool read a conversation's rows. Null: it could not; `why` says it.
struct conversation_loaded {
  std::shared_ptr<storage::conversation_image> image;
  errc why = errc::ok;
};

/// The reader pool worked out what a registrar's request comes to.
struct registrar_planned {
  std::shared_ptr<registrar_plan> plan;
};

/// The user's index has the membership change of (seq, user).
struct index_learnt {
  event_seq seq{};
  user_id user{};
};

/// The user's inbox has what it was owed.
struct inbox_learnt {
  user_id user{};
  inbox_kind kind{};
  std::uint64_t slot = 0;  ///< these three: of the order
  event_seq at{};
  user_id about{};
};

/// The directory found the actor idle: it may retire when nothing is in flight.
struct doze {
  int unused = 0;
};

/// The node stops, or this incarnation is no longer wanted: give everything up.
struct stop_now {
  int unused = 0;
};

/// Orders a conversation: judges requests, proposes events, tells the loops.
using conversation_actor =
    interface_of<conversation_work,    // requests to judge
                 proposals_resolved,   // commit or refusal of what it proposed
                 claim_granted,        // it may load its state
                 conversation_loaded,  // its state
                 index_learnt,         // an intent is done
                 inbox_learnt,         // an owed entry is done
                 doze, stop_now>;

/// Owns rows that change rarely, one request at a time: the directory of tenants, a tenant's users,
/// names, devices and operations, a user's index of conversations.
using registrar_actor = interface_of<registrar_work,      // a request to carry out
                                     proposals_resolved,  // commit or refusal
                                     claim_granted,       // it may begin
                                     registrar_planned,   // what the front request comes to
                                     doze, stop_now>;

}  // namespace conclave::actors

CONCLAVE_LOCAL_MESSAGE(conclave::actors::conversation_work)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::registrar_work)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::proposals_resolved)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::claim_granted)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::conversation_loaded)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::registrar_planned)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::index_learnt)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::inbox_learnt)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::doze)
CONCLAVE_LOCAL_MESSAGE(conclave::actors::stop_now)
