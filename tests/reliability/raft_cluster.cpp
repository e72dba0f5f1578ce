#include "raft_cluster.h"

#include <fcntl.h>
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string_view>
#include <thread>
#include <utility>

#include "temporary_directory.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "cluster: %s\n", what.c_str());
  std::exit(1);
}

/// Asks until it is so: a server tells nobody when.
void wait_until(const char* what, const std::function<bool()>& so) {
  const Deadline deadline = Deadline::in(180s);
  while (!so()) {
    if (deadline.passed()) give_up(std::string("never ") + what);
    std::this_thread::sleep_for(50ms);
  }
}

std::string port(std::size_t node) {
  return std::to_string(8200 + 10 * node);
}

std::string address(std::size_t node) {
  return "https://127.0.0.1:" + port(node);
}

}  // namespace

RaftCluster::RaftCluster(std::string program, std::string scratch)
    : program_(std::move(program)), scratch_(std::move(scratch)) {
  const CertificateAuthority authority;
  test::put(scratch_ + "/ca.pem", authority.certificate(), 0644);
  for (std::size_t node = 0; node < kNodes; ++node) {
    std::filesystem::create_directories(directory(node) + "/data");
    const Identity identity = authority.issue({});
    test::put(directory(node) + "/cert.pem", identity.certificate);
    test::put(directory(node) + "/key.pem", identity.key);
    configure(node);
    start(node);
  }
  initialise();
  for (std::size_t node = 0; node < kNodes; ++node) unseal(node);
  settle();
  wait_for_voters();
  if (!post(leader(), "sys/mounts/secret", R"({"type":"kv","options":{"version":"2"}})"))
    give_up("no KV engine");
  wait_until("upgraded", [this] {
    const auto reply = post(leader(), "secret/data/x", R"({"data":{}})");
    return reply.has_value();
  });
}

std::string RaftCluster::directory(std::size_t node) const {
  return scratch_ + "/node" + std::to_string(node);
}

void RaftCluster::configure(std::size_t node) const {
  std::string text = "storage \"raft\" {\n  path = \"" + directory(node) +
                     "/data\"\n  node_id = \"" + std::to_string(node) +
                     "\"\n  performance_multiplier = 1\n";
  for (std::size_t other = 0; other < kNodes; ++other) {
    if (other == node) continue;
    text += "  retry_join {\n    leader_api_addr = \"" + address(other) +
            "\"\n    leader_ca_cert_file = \"" + scratch_ + "/ca.pem\"\n  }\n";
  }
  text += "}\nlistener \"tcp\" {\n  address = \"127.0.0.1:" + port(node) +
          "\"\n  tls_cert_file = \"" + directory(node) + "/cert.pem\"\n  tls_key_file = \"" +
          directory(node) +
          "/key.pem\"\n}\ncluster_addr = \"https://127.0.0.1:" + std::to_string(8201 + 10 * node) +
          "\"\napi_addr = \"" + address(node) + "\"\ndisable_mlock = true\n";
  test::put(directory(node) + "/config.hcl", text);
}

VaultSettings RaftCluster::settings(std::size_t node) const {
  VaultSettings settings;
  settings.address = address(node);
  settings.ca_cert = scratch_ + "/ca.pem";
  settings.max_retries = 0;
  return settings;
}

void RaftCluster::kill(std::size_t node) {
  ::kill(nodes_[node]->pid(), SIGKILL);
  nodes_[node].reset();
}

void RaftCluster::start(std::size_t node) {
  const UniqueFd log(
      ::open((directory(node) + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  Command command{.path = program_,
                  .arguments = {program_, "server", "-config=" + directory(node) + "/config.hcl"},
                  .environment = {"HOME=" + directory(node), "PATH=/usr/bin:/bin"}};
  auto child = Child::start(std::move(command), log.get(), log.get());
  if (!child) give_up("a node does not start");
  nodes_[node].emplace(std::move(*child));
  wait_until("answers", [&] { return ask(node, "sys/seal-status") != nullptr; });
}

void RaftCluster::initialise() {
  const auto reply = post(0, "sys/init", R"({"secret_shares":1,"secret_threshold":1})");
  const auto body = reply ? parse_object(reply->body) : std::unexpected(JsonError::not_an_object);
  if (!body) give_up("not initialised");
  root_token_ = string_member(body->get(), "root_token").value_or("");
  const json_t* const key = json_array_get(json_object_get(body->get(), "keys"), 0);
  key_ = json_is_string(key) ? json_string_value(key) : "";
}

void RaftCluster::unseal(std::size_t node) {
  // Until it has joined it knows of no key.
  wait_until("unsealed", [&] {
    static_cast<void>(post(node, "sys/unseal", R"({"key":")" + key_ + "\"}"));
    const Json status = ask(node, "sys/seal-status");
    return status && json_is_false(json_object_get(status.get(), "sealed"));
  });
}

void RaftCluster::wait_for_voters() const {
  wait_until("voters", [this] {
    const Json reply = ask(leader(), "sys/storage/raft/configuration");
    const json_t* const servers =
        json_object_get(json_object_get(json_object_get(reply.get(), "data"), "config"), "servers");
    std::size_t voters = 0;
    for (std::size_t i = 0; i < json_array_size(servers); ++i)
      if (json_is_true(json_object_get(json_array_get(servers, i), "voter"))) ++voters;
    return voters == kNodes;
  });
}

std::optional<std::size_t> RaftCluster::find_leader() const {
  for (std::size_t node = 0; node < kNodes; ++node) {
    const Json status = nodes_[node] ? ask(node, "sys/leader") : nullptr;
    if (status && json_is_true(json_object_get(status.get(), "is_self"))) return node;
  }
  return std::nullopt;
}

std::size_t RaftCluster::leader() const {
  std::optional<std::size_t> found;
  wait_until("led", [&] { return (found = find_leader()).has_value(); });
  return *found;
}

std::size_t RaftCluster::standby() const {
  return (leader() + 1) % kNodes;
}

void RaftCluster::settle() const {
  wait_until("followed", [this] {
    const std::string led = address(leader());
    for (std::size_t node = 0; node < kNodes; ++node) {
      const Json status = nodes_[node] ? ask(node, "sys/leader") : nullptr;
      if (nodes_[node] && string_member(status.get(), "leader_address") != led) return false;
    }
    return true;
  });
}

void RaftCluster::level(const std::string& path) const {
  const auto data_at = [&](std::size_t node) {
    const Json reply = ask(node, path);
    const json_t* const data = json_object_get(reply.get(), "data");
    return data != nullptr ? dump(data) : std::string();
  };
  wait_until("level", [&] {
    const std::string led = data_at(leader());
    for (std::size_t node = 0; node < kNodes; ++node)
      if (nodes_[node] && data_at(node) != led) return false;
    return !led.empty();
  });
}

/// The body of a success; null where there is none.
Json RaftCluster::ask(std::size_t node, const std::string& path) const {
  auto api = VaultApi::open(settings(node), Secret::copy_of(root_token_));
  const auto reply = api->get(path, Deadline::in(2s));
  if (!reply || reply->status != 200) return nullptr;
  auto body = parse_object(reply->body);
  return body ? std::move(*body) : nullptr;
}

std::optional<HttpReply> RaftCluster::post(std::size_t node, const std::string& path,
                                           const std::string& body) const {
  auto api = VaultApi::open(settings(node), Secret::copy_of(root_token_));
  auto reply = api->post(path, body, Deadline::in(10s));
  if (!reply || reply->status >= 300) return std::nullopt;
  return std::move(*reply);
}

}  // namespace claude_auth::testing
