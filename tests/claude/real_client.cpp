#include "real_client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/json.h"

namespace claude_auth::testing {
namespace {

constexpr Millis kVersionTakes{30'000};
constexpr Millis kGrace{2'000};
constexpr std::size_t kMaxOutput = 1 << 20;

// Every answer is the service's; the message only has to be one.
constexpr const char* kMessage =
    R"({"type":"user","message":{"role":"user","content":"Reply with exactly AUTH_OK."}})"
    "\n";

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// Reading end, writing end.
std::array<UniqueFd, 2> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) give_up("pipe");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::vector<std::string> session_arguments() {
  return {"claude",
          "-p",
          "--input-format",
          "stream-json",
          "--output-format",
          "stream-json",
          "--verbose",
          "--model",
          "haiku",
          "--no-session-persistence",
          "--tools",
          "",
          "--disable-slash-commands",
          "--setting-sources",
          ""};
}

}  // namespace

std::expected<std::vector<RealClient>, std::string> clients_in(const std::string& list) {
  std::ifstream file(list);
  std::vector<RealClient> clients;
  std::string reason = "no claude client: " + list + " is missing";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('/')) {
      reason = line;
      continue;
    }
    RealClient client{.path = line, .version = {}};
    const std::string& version =
        run_client(client, {"--version"}, {"HOME=/nonexistent"}, kVersionTakes).standard_output;
    client.version = version.substr(0, version.find_first_of(" \n"));
    clients.push_back(std::move(client));
  }
  if (clients.empty()) return std::unexpected(reason);
  return clients;
}

Finished run_client(const RealClient& client, const std::vector<std::string>& arguments,
                    const std::vector<std::string>& environment, Millis limit) {
  Command command{.path = client.path, .arguments = {"claude"}, .environment = environment};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  auto finished = run(std::move(command), Deadline::in(limit), kGrace, kMaxOutput);
  if (!finished) give_up(client.path.c_str());
  return std::move(*finished);
}

ClientSession::ClientSession(const RealClient& client, std::vector<std::string> environment) {
  auto [its_input, our_input] = make_pipe();
  auto [our_output, its_output] = make_pipe();
  auto child = Child::start({.path = client.path,
                             .arguments = session_arguments(),
                             .environment = std::move(environment),
                             .standard_input = std::move(its_input)},
                            its_output.get(), -1);
  if (!child) give_up(client.path.c_str());
  child_ = std::move(*child);
  input_ = std::move(our_input);
  output_ = std::move(our_output);
}

std::optional<std::string> ClientSession::next_line(Deadline deadline) {
  for (;;) {
    if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    pollfd readable{output_.get(), POLLIN, 0};
    if (::poll(&readable, 1, deadline.poll_timeout()) <= 0) return std::nullopt;
    std::array<char, 16 << 10> bytes;
    const ssize_t count = ::read(output_.get(), bytes.data(), bytes.size());
    if (count <= 0) return std::nullopt;
    pending_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

std::optional<std::string> ClientSession::ask(Millis limit) {
  const std::string_view message = kMessage;
  if (::write(input_.get(), message.data(), message.size()) != static_cast<ssize_t>(message.size()))
    return std::nullopt;
  const Deadline deadline = Deadline::in(limit);
  while (const auto line = next_line(deadline)) {
    const Json event(json_loadb(line->data(), line->size(), 0, nullptr));
    if (string_member(event.get(), "type") == "result")
      return std::string(string_member(event.get(), "result").value_or(""));
  }
  return std::nullopt;
}

}  // namespace claude_auth::testing
