/// Nodes find each other, talk in order, lose each other and come back.
#include "replication/peer_mesh.h"

#include "tests/replication/mesh_fixture.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace conclave::replication {
namespace {

using std::chrono::milliseconds;

TEST(peer_mesh, two_nodes_find_each_other_and_the_lower_number_dials) {
  test_node one(1), two(2);
  introduce({&one, &two});
  one.start();
  two.start();
  const mesh_link there = one.seen.wait_up(two.self);
  const mesh_link here = two.seen.wait_up(one.self);
  EXPECT_TRUE(there.id && there.dialled);
  EXPECT_TRUE(here.id && !here.dialled);
  EXPECT_EQ(there.address, "127.0.0.1:" + std::to_string(two.port));
  EXPECT_EQ(one.mesh->counters().live_links_up, 1u);
  EXPECT_EQ(two.mesh->counters().dials, 0u);
}

TEST(peer_mesh, three_nodes_have_one_link_per_pair) {
  test_node one(1), two(2), three(3);
  introduce({&one, &two, &three});
  for (test_node* n : {&three, &two, &one}) n->start();
  for (test_node* a : {&one, &two, &three}) {
    for (const test_node* b : {&one, &two, &three}) {
      if (a == b) continue;
      EXPECT_TRUE(a->seen.wait_up(b->self).id);
    }
    EXPECT_EQ(a->mesh->counters().links_up, 2u);
  }
}

TEST(peer_mesh, frames_arrive_in_order_and_leave_together) {
  test_node one(1), two(2);
  introduce({&one, &two});
  one.start();
  two.start();
  const link_id there = one.seen.wait_up(two.self).id;
  const link_id here = two.seen.wait_up(one.self).id;
  constexpr std::uint32_t count = 2'000;
  for (std::uint32_t i = 1; i <= count; ++i) {
    EXPECT_TRUE(one.mesh->send(there, numbered(i, i % 100 == 0 ? 50'000 : i % 50)));
    EXPECT_TRUE(two.mesh->send(here, numbered(i)));
  }
  for (test_node* n : {&one, &two}) {
    ASSERT_TRUE(n->seen.wait_frames(count));
    for (std::uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(number_of(n->seen.frames[i]), i + 1);
      ASSERT_EQ(n->seen.frames[i].type, peer_frame::seed_from);
    }
  }
  EXPECT_LT(two.mesh->counters().writes, count);
  EXPECT_EQ(one.mesh->counters().dropped_frames, 0u);
}

TEST(peer_mesh, the_largest_frame_gets_through) {
  test_node one(1), two(2);
  introduce({&one, &two});
  one.start();
  two.start();
  const std::string frame = numbered(1, limits::max_peer_frame_bytes - 64);
  ASSERT_LE(frame.size(), limits::max_peer_frame_bytes + frame_length_size);
  one.mesh->send(one.seen.wait_up(two.self).id, frame);
  two.mesh->send(two.seen.wait_up(one.self).id, frame);
  EXPECT_TRUE(one.seen.wait_frames(1));
  EXPECT_TRUE(two.seen.wait_frames(1));
}

TEST(peer_mesh, a_node_that_was_killed_comes_back) {
  test_node one(1), two(2);
  introduce({&one, &two});
  one.start();
  two.start();
  ASSERT_TRUE(one.seen.wait_up(two.self).id);
  two.stop();
  EXPECT_FALSE(one.seen.wait_down(two.self).why.empty());
  EXPECT_EQ(one.mesh->counters().links_up, 0u);
  two.start();
  const link_id again = one.seen.wait_up(two.self, 2).id;
  ASSERT_TRUE(again);
  EXPECT_FALSE(again == one.seen.changes[0].link.id);
  one.mesh->send(again, numbered(7));
  ASSERT_TRUE(two.seen.wait_frames(1));
  // The other way round: the one that dials.
  one.stop();
  EXPECT_FALSE(two.seen.wait_down(one.self, 2).why.empty());
  one.start();
  EXPECT_TRUE(two.seen.wait_up(one.self, 3).id);
}

TEST(peer_mesh, frames_for_a_link_that_is_gone_are_counted) {
  test_node one(1), two(2);
  introduce({&one, &two});
  one.start();
  two.start();
  const link_id gone = one.seen.wait_up(two.self).id;
  one.mesh->close(gone);
  EXPECT_EQ(one.seen.wait_down(two.self).why, "closed by this side");
  EXPECT_TRUE(one.mesh->send(gone, numbered(1)));
  EXPECT_TRUE(test::wait_until([&] { return one.mesh->counters().lost_frames == 1; }));
  EXPECT_TRUE(one.seen.wait_up(two.self, 2).id);
}

TEST(peer_mesh, host_names_are_looked_up) {
  test_node one(1), two(2);
  one.options.peers.push_back({two.self, "localhost", two.port});
  two.knows(one);
  one.start();
  two.start();
  EXPECT_TRUE(one.seen.wait_up(two.self).id);
}

TEST(peer_mesh, a_newer_live_link_takes_the_place_of_the_old_one) {
  test_node one(1), two(2);
  introduce({&one, &two});
  two.start();
  one.start();
  ASSERT_TRUE(two.seen.wait_up(one.self).id);
  test_node copy(1);
  copy.knows(two);
  copy.start();
  ASSERT_TRUE(two.seen.wait_up(one.self, 2).id);
  two.seen.look([&] {
    EXPECT_FALSE(two.seen.changes[1].up);
    EXPECT_EQ(two.seen.changes[1].why, "a newer link has taken its place");
    EXPECT_EQ(two.seen.changes[1].link.id, two.seen.changes[0].link.id);
    EXPECT_TRUE(two.seen.changes[2].up);
  });
  EXPECT_LE(two.mesh->counters().live_links_up, 1u);
}

TEST(peer_mesh, silence_of_the_handlers_does_not_end_a_link) {
  test_node one(1), two(2);
  introduce({&one, &two});
  for (test_node* n : {&one, &two}) {
    n->options.ping_period = milliseconds(200);
    n->options.silence = milliseconds(2'000);
    n->start();
  }
  ASSERT_TRUE(one.seen.wait_up(two.self).id);
  const auto before = one.mesh->counters().frames_in;
  // Twice the silence that is allowed, in pings.
  EXPECT_TRUE(test::wait_until([&] { return one.mesh->counters().frames_in >= before + 20; }));
  EXPECT_EQ(one.seen.look([&] { return one.seen.changes.size(); }), 1u);
}

TEST(peer_mesh, a_link_that_owes_too_much_loses_frames_and_counts_them) {
  test_node one(1), two(2);
  introduce({&one, &two});
  one.options.outbox_bound = 256 * 1024;
  std::mutex blocked;
  blocked.lock();
  std::atomic<bool> waited{false};
  two.seen.frame_hook = [&](const mesh_link&, const frame_view&) {
    if (!waited.exchange(true)) const std::lock_guard wait(blocked);
  };
  one.start();
  two.start();
  const link_id there = one.seen.wait_up(two.self).id;
  ASSERT_TRUE(there);
  std::uint32_t sent = 0;
  while (one.mesh->counters().dropped_frames < 10 && sent < 20'000) {
    one.mesh->send(there, numbered(++sent, 16 * 1024));
  }
  EXPECT_GE(one.mesh->counters().dropped_frames, 10u);
  EXPECT_GE(one.mesh->counters().dropped_bytes, 10u * 16 * 1024);
  blocked.unlock();
  EXPECT_TRUE(one.seen.wait([&] { return one.seen.drained > 0; }));
  EXPECT_TRUE(test::wait_until([&] {
    const std::uint64_t arrived = two.seen.look([&] { return two.seen.frames.size(); });
    return arrived + one.mesh->counters().dropped_frames == sent;
  }));
  std::uint64_t last = 0;
  for (const auto& frame : two.seen.frames) {
    ASSERT_GT(number_of(frame), last);
    last = number_of(frame);
  }
  EXPECT_EQ(one.seen.changes.size(), 1u);  // the link has lived through it
}

TEST(peer_mesh, seed_links_are_links_of_their_own) {
  test_node one(1), two(2);
  introduce({&one, &two});
  one.start();
  two.start();
  const mesh_link live = two.seen.wait_up(one.self);
  two.mesh->open_seed_link(one.self, 41);
  two.mesh->open_seed_link(one.self, 42);
  const mesh_link first = two.seen.wait_up(one.self, 1, link_kind::seed);
  const mesh_link second = two.seen.wait_up(one.self, 2, link_kind::seed);
  EXPECT_TRUE(first.dialled && second.dialled);
  EXPECT_EQ(first.context + second.context, 83u);
  EXPECT_FALSE(first.id == live.id || second.id == live.id || first.id == second.id);
  const mesh_link other_side = one.seen.wait_up(two.self, 2, link_kind::seed);
  EXPECT_FALSE(other_side.dialled);
  EXPECT_EQ(other_side.context, 0u);

  two.mesh->send(first.id, numbered(5));
  ASSERT_TRUE(one.seen.wait_frames(1));
  EXPECT_EQ(one.seen.frames[0].link.kind, link_kind::seed);
  two.mesh->close(first.id);
  EXPECT_EQ(two.seen.wait_down(one.self, 1, link_kind::seed).link.id, first.id);
  EXPECT_TRUE(one.seen.wait_down(two.self, 1, link_kind::seed).link.id);
  EXPECT_TRUE(test::wait_until([&] { return one.mesh->counters().links_up == 2; }));
  two.seen.look([&] {
    for (const auto& change : two.seen.changes) {
      EXPECT_TRUE(change.up || change.link.kind == link_kind::seed);
    }
  });
}

TEST(peer_mesh, a_seed_link_that_comes_to_nothing_is_told) {
  test_node one(1), two(2);
  one.knows(two);  // which is not there
  one.options.peers.push_back({node_id(3), "no-such-host.invalid", 7445});
  one.start();
  one.mesh->open_seed_link(two.self, 7);
  const auto refused = one.seen.wait_down(two.self, 1, link_kind::seed);
  EXPECT_EQ(refused.link.context, 7u);
  EXPECT_NE(refused.why.find("connection refused"), std::string::npos) << refused.why;
  one.mesh->open_seed_link(node_id(9), 8);
  const auto unknown = one.seen.wait_down(node_id(9), 1, link_kind::seed);
  EXPECT_EQ(unknown.link.context, 8u);
  EXPECT_EQ(unknown.why, "node 9 is not configured");
  one.mesh->open_seed_link(node_id(3), 9);
  const auto nameless = one.seen.wait_down(node_id(3), 1, link_kind::seed);
  EXPECT_EQ(nameless.link.context, 9u);
  EXPECT_FALSE(nameless.why.empty());
}

TEST(peer_mesh, stopping_with_traffic_under_way_tells_of_every_link_and_then_nothing) {
  test_node one(1), two(2), three(3);
  introduce({&one, &two, &three});
  for (test_node* n : {&one, &two, &three}) n->start();
  const link_id to_two = one.seen.wait_up(two.self).id;
  const link_id to_three = one.seen.wait_up(three.self).id;
  one.mesh->open_seed_link(two.self, 1);
  ASSERT_TRUE(one.seen.wait_up(two.self, 1, link_kind::seed).id);
  std::atomic<bool> stopped{false};
  std::thread talking([&] {
    for (std::uint32_t i = 1; !stopped; ++i) {
      one.mesh->send(to_two, numbered(i, 1'000));
      one.mesh->send(to_three, numbered(i, 10'000));
    }
  });
  EXPECT_TRUE(two.seen.wait_frames(100));
  EXPECT_TRUE(three.seen.wait_frames(100));
  one.mesh->stop();
  const std::size_t told = one.seen.changes.size();
  EXPECT_FALSE(one.mesh->send(to_two, numbered(1)));
  stopped = true;
  talking.join();
  EXPECT_EQ(one.mesh->counters().links_up, 0u);
  EXPECT_EQ(told, 6u);  // three links, up and down
  EXPECT_TRUE(two.seen.wait_down(one.self).link.id);
  EXPECT_TRUE(three.seen.wait_down(one.self).link.id);
  EXPECT_EQ(one.seen.changes.size(), told);
}

TEST(peer_mesh, what_cannot_work_does_not_start) {
  const auto start_error = [](const mesh_options& options) {
    recorder seen;
    peer_mesh mesh(options, seen);
    const auto started = mesh.start();
    return started.ok() ? std::string("started") : started.error().detail;
  };
  test_node one(1), two(2);
  mesh_options own = one.options;
  own.peers = {{node_id(1), "127.0.0.1", 1}};
  EXPECT_EQ(start_error(own), "node 1 is its own peer");
  mesh_options twice = one.options;
  twice.peers = {{node_id(2), "127.0.0.1", 1}, {node_id(2), "127.0.0.1", 2}};
  EXPECT_EQ(start_error(twice), "node 2 is configured twice");
  mesh_options bare = one.options;
  bare.tls = nullptr;
  EXPECT_EQ(start_error(bare), "links between nodes need a certificate that serves both sides");
  one.start();
  mesh_options taken = two.options;
  taken.listen_port = one.port;
  EXPECT_NE(start_error(taken).find("in use"), std::string::npos);
}

}  // namespace
}  // namespace conclave::replication
