/// Devices for many users at once; see provisioning.h.
#include "actors/provisioning.h"

#include "actors/directory.h"
#include "schemas/codec.h"
#include "schemas/operator_messages.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace conclave::actors {

namespace {

class party {
 public:
  party(ticket asked, std::vector<std::string> names)
      : asked_(std::move(asked)),
        names_(std::move(names)),
        made_(names_.size()),
        missing_(names_.size()) {}

  /// Each place once.
  void put(std::size_t place, const issued_device& device) {
    made_[place] = {device.user, device.device, device.token};
    if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) answer();
  }

 private:
  struct made_device {
    user_id user{};
    device_id device{};
    std::string token;
  };

  void answer() {
    users_provisioned message;
    for (std::size_t i = 0; i < names_.size(); ++i)
      message.users.push_back({made_[i].user, made_[i].device, names_[i], made_[i].token});
    std::string frame;
    append_frame(frame, asked_.to().correlation, message);
    asked_.answer_with(std::move(frame));
  }

  ticket asked_;
  const std::vector<std::string> names_;
  std::vector<made_device> made_;
  std::atomic<std::size_t> missing_;
};

class guest final : public issue_waiter {
 public:
  guest(std::shared_ptr<party> all, std::size_t place) : all_(std::move(all)), place_(place) {}

  void issued(const issued_device& device) override { all_->put(place_, device); }
  /// Others may have theirs by now: as a whole it is not known.
  void refused(errc, const std::string&) override {}

 private:
  std::shared_ptr<party> all_;
  std::size_t place_;
};

}  // namespace

void start_provisioning(directory& actors, tenant_id tenant, const provision_order& order,
                        const std::vector<user_id>& users, ticket asked) {
  const auto all = std::make_shared<party>(std::move(asked), order.names);
  for (std::size_t i = 0; i < users.size(); ++i) {
    auto request = std::make_shared<registrar_request>();
    request->order = issue_device_order{
        order.operator_id, order.op_id, order.device_name, device_kind::other, {}};
    request->waiter = std::make_unique<guest>(all, i);
    actors.deliver_to_registrar(entity_ref{entity_kind::user, tenant, users[i].value},
                                registrar_work{std::move(request)});
  }
}

}  // namespace conclave::actors
