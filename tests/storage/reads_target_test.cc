/// What is read of a message before something is done to it.
#include "storage/reads_target.h"

#include "tests/storage/room_fixture.h"

namespace conclave::test {
namespace {

class reads_target_test : public room_test {
 protected:
  static constexpr storage::target_wish everything{.edits = true, .burn_body = true};

  storage::target_image target(std::uint64_t seq, user_id asker = alice) {
    auto image = storage::load_target(view(), tenant, room, asker, event_seq{seq}, everything);
    EXPECT_TRUE(image) << image.error().detail;
    return image ? *image : storage::target_image{};
  }
  errc forwarding(user_id asker, std::uint64_t seq, time_ms now = 5000) {
    const auto source =
        storage::load_forward_source(view(), tenant, room, asker, event_seq{seq}, now);
    return source ? errc::ok : source.error().code;
  }
};

TEST_F(reads_target_test, a_message_is_read_with_the_head_it_was_read_at) {
  say(1, 5);
  const auto image = target(3);
  EXPECT_EQ(image.as_of, event_seq{5});
  EXPECT_TRUE(image.found);
  EXPECT_EQ(image.event, bytes_of(message(3, "body 3")));
  EXPECT_TRUE(image.edits.empty());
  EXPECT_TRUE(image.reactions.empty());
  EXPECT_FALSE(image.burn);
  const auto missing = target(6);
  EXPECT_FALSE(missing.found);
  EXPECT_EQ(missing.as_of, event_seq{5});
}

TEST_F(reads_target_test, edits_come_with_the_events_that_made_them_and_no_neighbours) {
  say(1, 9);
  edit(message(3, "body 3"), 6, "second");
  event_view edited = message(3, "second");
  edited.flags = event_flags::edited;
  edited.changed = event_seq{6};
  edit(edited, 8, "third");
  edit(message(4, "body 4"), 9, "other");
  const auto image = target(3);
  ASSERT_EQ(image.edits.size(), 2u);
  EXPECT_EQ(image.edits[0].first, event_seq{6});
  EXPECT_EQ(decode_event(image.edits[0].second)->body, "second");
  EXPECT_EQ(image.edits[1].first, event_seq{8});
  EXPECT_EQ(decode_event(image.edits[1].second)->body, "third");
  EXPECT_EQ(decode_event(image.event)->body, "third");
  const auto spared = storage::load_target(view(), tenant, room, alice, event_seq{3}, {});
  EXPECT_TRUE(spared->edits.empty());
}

TEST_F(reads_target_test, p7_edits_are_not_read_for_who_may_do_nothing_with_them) {
  say(1, 9);
  edit(message(3, "body 3"), 6, "second");
  const auto with_role = [&](member_role role) {
    member_record row;
    row.role = role;
    row.spans = {{event_seq{1}, event_seq{0}}};
    put(keys::member(tenant, room, user_id{77}), row);
    return target(3, user_id{77});
  };
  EXPECT_TRUE(with_role(member_role::member).edits.empty());
  EXPECT_TRUE(with_role(member_role::member).edits_left_out);
  EXPECT_EQ(with_role(member_role::admin).edits.size(), 1u);
  EXPECT_EQ(with_role(member_role::owner).edits.size(), 1u);
  EXPECT_EQ(target(3, user_id{}).edits.size(), 1u) << "the node itself, when it expires";
  EXPECT_EQ(target(3).edits.size(), 1u) << "who said it";
}

TEST_F(reads_target_test, reactions_are_those_of_the_asker) {
  say(1, 3);
  put(keys::reaction(tenant, room, event_seq{3}, alice), reactions_record{{"+1", "heart"}});
  put(keys::reaction(tenant, room, event_seq{3}, bob), reactions_record{{"-1"}});
  EXPECT_EQ(target(3, alice).reactions, (std::vector<std::string>{"+1", "heart"}));
  EXPECT_EQ(target(3, bob).reactions, (std::vector<std::string>{"-1"}));
  EXPECT_TRUE(target(3, carol).reactions.empty());
  EXPECT_TRUE(target(2, alice).reactions.empty());
}

TEST_F(reads_target_test, a_burning_message_comes_with_its_readers_and_its_body) {
  event_view burning = message(1, {});
  burning.flags = event_flags::burning;
  put_event(burning);
  const burn_record readers{500, {{bob, 0, false}, {carol, 99, true}}};
  put(keys::burn(tenant, room, event_seq{1}), readers);
  put_bytes(keys::burn_body(tenant, room, event_seq{1}), "psst");
  auto image = target(1, bob);
  ASSERT_TRUE(image.burn);
  EXPECT_EQ(*image.burn, readers);
  EXPECT_EQ(image.burn_body, "psst");
  const auto spared = storage::load_target(view(), tenant, room, bob, event_seq{1}, {});
  EXPECT_EQ(spared->burn_body, "") << "only who opens it needs that";
  erase(keys::burn(tenant, room, event_seq{1}));
  erase(keys::burn_body(tenant, room, event_seq{1}));
  image = target(1, bob);
  EXPECT_TRUE(image.found);
  EXPECT_FALSE(image.burn);
  EXPECT_EQ(image.burn_body, "");
}

TEST_F(reads_target_test, p7_what_is_burned_out_comes_without_bodies_and_up_to_a_limit) {
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    event_view burning = message(seq, {});
    burning.flags = event_flags::burning;
    put_event(burning);
    const bool read = seq != 4;  // bob has still to read the fourth
    put(keys::burn(tenant, room, event_seq{seq}),
        burn_record{500, {{bob, 7, read}, {carol, 0, false}}});
    put_bytes(keys::burn_body(tenant, room, event_seq{seq}), "psst");
  }
  const auto over = [&](const std::vector<user_id>& members, std::size_t limit) {
    auto found = storage::load_burned_out(view(), tenant, room, members, limit);
    EXPECT_TRUE(found);
    std::vector<std::uint64_t> seqs;
    for (const auto& [seq, image] : found->messages) {
      EXPECT_EQ(image.burn_body, "");
      EXPECT_TRUE(image.found && image.burn);
      seqs.push_back(seq.value);
    }
    return std::pair(seqs, found->more);
  };
  using seqs = std::vector<std::uint64_t>;
  EXPECT_EQ(over({alice, bob}, 10), std::pair(seqs({1, 2, 3, 5}), false));
  EXPECT_EQ(over({alice, bob}, 4), std::pair(seqs({1, 2, 3, 5}), false));
  EXPECT_EQ(over({alice, bob}, 3), std::pair(seqs({1, 2, 3}), true));
  EXPECT_EQ(over({alice, bob, carol}, 10), std::pair(seqs(), false));
  EXPECT_EQ(over({}, 10), std::pair(seqs({1, 2, 3, 4, 5}), false));
}

TEST_F(reads_target_test, another_tenants_target_is_not_found) {
  say(1, 3);
  const auto image = storage::load_target(view(), neighbour, room, alice, event_seq{3}, {});
  ASSERT_TRUE(image);
  EXPECT_FALSE(image->found);
  EXPECT_EQ(image->as_of, event_seq{0});
}

TEST_F(reads_target_test, a_damaged_target_is_corrupt) {
  say(1, 3);
  put_bytes(keys::event(tenant, room, event_seq{2}), "rubbish");
  const auto image = storage::load_target(view(), tenant, room, alice, event_seq{2}, {});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, errc::corrupt);
}

TEST_F(reads_target_test, who_sees_a_message_may_say_it_elsewhere) {
  say(1, 6);
  put_member(alice, present(1));
  put_member(bob, former(1, 3));
  put_member(carol, present(4));
  const auto source = storage::load_forward_source(view(), tenant, room, bob, event_seq{3}, 5000);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->kind, event_kind::text);
  EXPECT_EQ(source->body, "body 3");
  EXPECT_EQ(source->sender, alice);
  EXPECT_EQ(source->time, 1003u);
  EXPECT_EQ(forwarding(bob, 4), errc::not_found);
  EXPECT_EQ(forwarding(carol, 3), errc::not_found);
  EXPECT_EQ(forwarding(carol, 4), errc::ok);
  EXPECT_EQ(forwarding(alice, 7), errc::not_found) << "not said yet";
  EXPECT_EQ(forwarding(stranger, 3), errc::not_found);
  EXPECT_EQ(
      storage::load_forward_source(view(), neighbour, room, alice, event_seq{3}, 5000).error().code,
      errc::not_found);
}

TEST_F(reads_target_test, what_is_gone_burns_or_is_no_message_is_not_said_elsewhere) {
  put_member(alice, present(1));
  say(1, 2);
  recall(message(2, "body 2"), 3);
  event_view expiring = message(4, "soon");
  expiring.expires = 2000;
  put_event(expiring);
  event_view burning = message(5, {});
  burning.flags = event_flags::burning;
  put_event(burning);
  EXPECT_EQ(forwarding(alice, 2), errc::gone);
  EXPECT_EQ(forwarding(alice, 3), errc::invalid_argument);
  EXPECT_EQ(forwarding(alice, 4, 1999), errc::ok);
  EXPECT_EQ(forwarding(alice, 4, 2000), errc::gone);
  EXPECT_EQ(forwarding(alice, 5), errc::invalid_argument);
}

TEST_F(reads_target_test, who_has_left_says_what_he_saw_and_not_a_later_edit) {
  put_member(alice, present(1));
  put_member(bob, former(1, 5));
  say(1, 5);
  edit(message(2, "first"), 4, "second");
  event_view edited = message(2, "second");
  edited.flags = event_flags::edited;
  edited.changed = event_seq{4};
  edit(edited, 6, "third");
  edit(message(3, "body 3"), 7, "secret");
  const auto body = [&](user_id asker, std::uint64_t seq) {
    const auto source =
        storage::load_forward_source(view(), tenant, room, asker, event_seq{seq}, 5000);
    return source ? source->body : std::string(name_of(source.error().code));
  };
  EXPECT_EQ(body(alice, 2), "third");
  EXPECT_EQ(body(bob, 2), "second");
  EXPECT_EQ(body(alice, 3), "secret");
  EXPECT_EQ(body(bob, 3), "body 3");
}

}  // namespace
}  // namespace conclave::test
