/// Reading the metrics page over HTTP.
#include "bench/node_page.h"

#include "client/endpoint.h"

#include <cstdlib>
#include <httplib.h>

namespace conclave::bench {

node_numbers parse_node_page(std::string_view text) {
  node_numbers numbers;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t name_end = line.find_first_of("{ ");
    const std::size_t labels_end = line.rfind('}');
    const std::size_t value_at =
        line.find(' ', labels_end == std::string::npos ? name_end : labels_end);
    if (name_end == std::string::npos || value_at == std::string::npos) continue;
    char* rest = nullptr;
    const double value = std::strtod(line.c_str() + value_at, &rest);
    if (rest != line.c_str() + value_at) numbers[line.substr(0, name_end)] += value;
  }
  return numbers;
}

outcome<node_numbers> read_node_page(const std::string& where) {
  const auto at = client::parse_endpoint(where);
  if (!at) return failure(at.error());
  httplib::Client http(at->host, at->port);
  http.set_connection_timeout(2);
  http.set_read_timeout(5);
  const auto answer = http.Get("/metrics");
  if (!answer || answer->status != 200) {
    return failure{errc::io_error, "no metrics page at http://" + where + "/metrics (" +
                                       (answer ? "status " + std::to_string(answer->status)
                                               : httplib::to_string(answer.error())) +
                                       "): set listen.metrics_port in the node's configuration"};
  }
  return parse_node_page(answer->body);
}

}  // namespace conclave::bench
