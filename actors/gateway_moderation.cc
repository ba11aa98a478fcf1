/// Roles, settings, joining and notices: decoded, admitted, handed to the conversation; see
/// gateway.h.
#include "actors/derived_ids.h"
#include "actors/gateway.h"
#include "actors/gateway_requests.h"
#include "actors/reply_gather.h"
#include "crypto/join_code.h"
#include "schemas/moderation_messages.h"
#include "schemas/names.h"
#include "schemas/policy_messages.h"
#include "schemas/utf8.h"
#include "storage/reads.h"

namespace conclave::actors {

/// Admits a request without a target and gives it to this wake-up's batch of the conversation.
void gateway::deliver_plain(session& s, const frame_view& frame, conversation_id conversation,
                            conversation_request request,
                            std::shared_ptr<const request_details> details,
                            std::span<const user_id> users, std::string_view text) {
  request.asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!request.asked.armed()) return;
  conversation_batch& batch = batch_for(s, conversation);
  request.more = std::move(details);
  set_users(request, batch, users);
  set_text(request, batch, text);
  batch.requests.push_back(std::move(request));
}

void gateway::on_set_role(session& s, const frame_view& frame) {
  const auto message = decoded<set_role>(s, frame);
  if (!message.ok()) return;
  auto details = std::make_shared<request_details>();
  details->role = message->role;
  deliver_plain(
      s, frame, message->conversation,
      request_of(s, message->conversation, conversation_verb::set_role, message->client_seq),
      std::move(details), std::span(&message->user, 1));
}

void gateway::on_mute_member(session& s, const frame_view& frame) {
  const auto message = decoded<mute_member>(s, frame);
  if (!message.ok()) return;
  auto details = std::make_shared<request_details>();
  details->until = message->until;
  deliver_plain(
      s, frame, message->conversation,
      request_of(s, message->conversation, conversation_verb::mute_member, message->client_seq),
      std::move(details), std::span(&message->user, 1));
}

void gateway::on_change_settings(session& s, const frame_view& frame) {
  const auto message = decoded<change_settings>(s, frame);
  if (!message.ok()) return;
  auto details = std::make_shared<request_details>();
  details->changes = message->changes;
  details->settings = {
      std::string(message->title), std::string(message->topic), message->join, message->invite,
      message->visibility,         message->all_muted};
  deliver_plain(
      s, frame, message->conversation,
      request_of(s, message->conversation, conversation_verb::change_settings, message->client_seq),
      std::move(details));
}

void gateway::on_dissolve(session& s, const frame_view& frame) {
  const auto message = decoded<dissolve>(s, frame);
  if (!message.ok()) return;
  deliver_plain(
      s, frame, message->conversation,
      request_of(s, message->conversation, conversation_verb::dissolve, message->client_seq),
      std::make_shared<request_details>());
}

void gateway::on_new_join_code(session& s, const frame_view& frame) {
  const auto message = decoded<new_join_code>(s, frame);
  if (!message.ok()) return;
  auto details = std::make_shared<request_details>();
  const auto code = crypto::make_join_code(s.seat_in(message->conversation).conversation);
  details->join_secret = code.secret;
  details->join_code = crypto::format_join_code(code);
  deliver_plain(s, frame, message->conversation,
                request_of(s, message->conversation, conversation_verb::new_join_code, 0),
                std::move(details));
}

void gateway::on_join(session& s, const frame_view& frame) {
  const auto message = decoded<join>(s, frame);
  if (!message.ok()) return;
  const auto code = crypto::parse_join_code(message->code);
  // A code opens nothing from another tenant, also not with the id by which a guest, or who was
  // one, calls the conversation.
  if (!code || s.seat_in(code->conversation).tenant != s.tenant)
    return answer_error(s, frame.header.correlation, errc::not_found);
  auto details = std::make_shared<request_details>();
  details->join_secret = code->secret;
  conversation_request request = request_of(s, code->conversation, conversation_verb::join, 0);
  request.asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!request.asked.armed()) return;
  request.more = std::move(details);
  auto batch = std::make_shared<conversation_batch>();
  set_text(request, *batch, message->text);
  batch->requests.push_back(std::move(request));
  deliver_checked(s, code->conversation, std::move(batch));
}

void gateway::on_answer_join(session& s, const frame_view& frame) {
  const auto message = decoded<answer_join>(s, frame);
  if (!message.ok()) return;
  auto details = std::make_shared<request_details>();
  details->accept = message->accept;
  deliver_plain(s, frame, message->conversation,
                request_of(s, message->conversation, conversation_verb::answer_join, 0),
                std::move(details), std::span(&message->user, 1));
}

namespace {

/// An operator's device as the sender of notices: device ids count per user, so both go in.
device_id notice_device(const session& s) {
  return device_id{((s.user.value << 20) ^ s.device.value) % id_limit};
}

void send_notices(const gateway_shared& shared, tenant_id tenant, std::vector<user_id> users,
                  const std::string& text, device_id device, std::uint64_t key, ticket asked) {
  auto gather = std::make_shared<reply_gather>(std::move(asked), users.size());
  for (const user_id user : users) {
    auto batch = std::make_shared<conversation_batch>();
    conversation_request request;
    request.verb = conversation_verb::notice;
    request.device = device;
    request.key = key;
    auto details = std::make_shared<request_details>();
    details->gather = gather;
    request.more = std::move(details);
    set_text(request, *batch, text);
    set_users(request, *batch, std::span(&user, 1));
    batch->requests.push_back(std::move(request));
    const conversation_id id = system_id(shared.store->node().cluster, tenant, user);
    shared.ports->actors->deliver_to_conversation(
        entity_ref{entity_kind::conversation, tenant, id.value},
        conversation_work{std::move(batch)});
  }
}

}  // namespace

void gateway::on_send_notice(session& s, const frame_view& frame) {
  const auto message = decoded<send_notice>(s, frame);
  if (!message.ok()) return;
  auto asked = std::make_shared<ticket>(admit(s, frame.header.correlation, frame.payload.size()));
  if (!asked->armed()) return;
  if (!valid_utf8(message->text)) return asked->reject(errc::invalid_argument, "a text is UTF-8");
  std::vector<std::string> names(message->names.begin(), message->names.end());
  const bool taken = shared_.ports->on_reader(
      [shared = &shared_, asked, names = std::move(names), text = std::string(message->text),
       tenant_name = std::string(message->tenant_name), device = notice_device(s),
       key = message->client_seq] {
        const auto tenant = storage::find_tenant(shared->store->view(system_shard), tenant_name);
        if (!tenant.ok())
          return asked->reject(tenant.error().code, "there is no tenant of this name");
        const auto home = shared->store->view(shared->ports->shards.home_of(*tenant));
        std::vector<user_id> users;
        for (const std::string& name : names) {
          const auto user = valid_name(name) ? storage::find_user(home, *tenant, name)
                                             : outcome<user_id>(errc::not_found);
          if (!user.ok()) return asked->reject(user.error().code, "there is no user " + name);
          users.push_back(*user);
        }
        send_notices(*shared, *tenant, std::move(users), text, device, key, std::move(*asked));
      });
  if (!taken) asked->reject(errc::overloaded, {}, 100);
}

}  // namespace conclave::actors
