/// What happened, in words: the events that are no messages.
#include "client/cli/event_lines.h"
#include "client/cli/words.h"

namespace conclave::client::cli {

namespace {

std::string names_of(const std::vector<user_id>& users, const names& who, user_id but = {}) {
  std::string out;
  for (const user_id u : users) {
    if (u == but) continue;
    if (!out.empty()) out += ", ";
    out += who.of(u);
  }
  return out;
}

std::string founded_sentence(const event_view& event, const names& who) {
  const std::string by = who.of(event.sender);
  const auto body = decode_body<created_body>(event.body);
  if (!body) return by + " founded the conversation";
  const std::string others = names_of(body->members, who, event.sender);
  const std::string with = others.empty() ? "" : " with " + others;
  if (body->kind == conversation_kind::direct) return by + " began to talk" + with;
  return by + " founded `" + body->name + "`" + with;
}

std::string role_sentence(const event_view& event, const names& who) {
  const std::string by = who.of(event.sender);
  const auto body = decode_body<role_body>(event.body);
  if (!body) return by + " changed a role";
  const std::string whom = who.of(body->user);
  if (body->role == member_role::owner) return by + " handed the conversation over to " + whom;
  return by + " made " + whom +
         (body->role == member_role::admin ? " an admin" : " a plain member");
}

std::string settings_sentence(const event_view& event, const names& who) {
  const auto body = decode_body<settings_body>(event.body);
  const std::string by = who.of(event.sender) + " changed the settings";
  if (!body) return by;
  return by + ": title `" + body->title + "`" +
         (body->topic.empty() ? "" : ", topic `" + body->topic + "`") + ", join " +
         std::string(word_of(body->join)) + ", invite " + std::string(word_of(body->invite)) +
         ", visibility " + std::string(word_of(body->visibility)) +
         (body->all_muted ? ", only owner and admins speak" : "");
}

std::string gone_sentence(const event_view& event) {
  const auto body = decode_body<gone_body>(event.body);
  if (!body) return "messages are gone";
  std::string out;
  for (const event_seq s : body->seqs) {
    out += (out.empty() ? "#" : ", #") + std::to_string(s.value);
  }
  return out + (body->why == gone_reason::burned ? " burned" : " expired");
}

}  // namespace

std::string sentence_of(const event_view& event, const names& who, time_ms now) {
  const std::string by = who.of(event.sender);
  const std::string target = "#" + std::to_string(event.target.value);
  switch (event.kind) {
    case event_kind::conversation_created:
      return founded_sentence(event, who);
    case event_kind::members_added: {
      const auto body = decode_body<members_body>(event.body);
      if (body && body->users.size() == 1 && body->users.front() == event.sender) {
        return by + " joined";
      }
      return by + " added " + (body ? names_of(body->users, who) : "members");
    }
    case event_kind::member_removed: {
      const auto body = decode_body<members_body>(event.body);
      if (body && body->users.size() == 1 && body->users.front() == event.sender) {
        return by + " left";
      }
      return by + " removed " + (body ? names_of(body->users, who) : "a member");
    }
    case event_kind::role_changed:
      return role_sentence(event, who);
    case event_kind::member_muted: {
      const auto body = decode_body<mute_body>(event.body);
      if (!body) return by + " muted a member";
      if (body->until == 0) return by + " lets " + who.of(body->user) + " speak again";
      return by + " muted " + who.of(body->user) + " " + until_text(body->until, now);
    }
    case event_kind::settings_changed:
      return settings_sentence(event, who);
    case event_kind::dissolved:
      return by + " dissolved the conversation";
    case event_kind::edited:
      return by + " edited " + target +
             (event.body.empty() ? "" : ": " + shortened(event.body, 200));
    case event_kind::recalled:
      return by + " took " + target + " back";
    case event_kind::reaction: {
      const auto body = decode_body<reaction_body>(event.body);
      if (!body) return by + " reacted to " + target;
      return by + (body->removed ? " took back " : " reacts with ") + body->reaction +
             (body->removed ? " from " : " to ") + target;
    }
    case event_kind::pinned: {
      const auto body = decode_body<pin_body>(event.body);
      return by + (body && body->removed ? " unpinned " : " pinned ") + target;
    }
    case event_kind::gone:
      return gone_sentence(event);
    default:
      return by + " did something that this version does not know";
  }
}

void collect_users(const event_view& event, std::vector<user_id>& to) {
  to.push_back(event.sender);
  to.insert(to.end(), event.mentions.begin(), event.mentions.end());
  if (event.origin_sender) to.push_back(event.origin_sender);
  if (event.gone_by) to.push_back(event.gone_by);
  if (event.kind == event_kind::conversation_created) {
    const auto body = decode_body<created_body>(event.body);
    if (body) to.insert(to.end(), body->members.begin(), body->members.end());
  } else if (event.kind == event_kind::members_added || event.kind == event_kind::member_removed) {
    const auto body = decode_body<members_body>(event.body);
    if (body) to.insert(to.end(), body->users.begin(), body->users.end());
  } else if (event.kind == event_kind::role_changed) {
    const auto body = decode_body<role_body>(event.body);
    if (body) to.push_back(body->user);
  } else if (event.kind == event_kind::member_muted) {
    const auto body = decode_body<mute_body>(event.body);
    if (body) to.push_back(body->user);
  }
}

}  // namespace conclave::client::cli
