// Our jobs against a real cluster of three nodes: the leader killed at each request of each job, a
// sealed node, a standby that redirects, and a proxy on a unix socket in front.
//
//   store_cluster bounded|full
#include <fcntl.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "raft_cluster.h"
#include "real_server.h"
#include "scratch_directory.h"
#include "store_job.h"
#include "temporary_directory.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

constexpr char kDocumentPath[] = "secret/data/workstation/claude-users/made-up-user";
constexpr Patience kDefaults{.request = 10s, .login = 5s, .refresh = 700ms};

/// When, at one request, the leader is killed.
enum class Moment { before_it, after_it };

/// A load balancer: asks the leader that it knows, then the others, until one answers.
class Balancer {
 public:
  explicit Balancer(RaftCluster& cluster) : cluster_(cluster) {
    for (std::size_t node = 0; node < RaftCluster::kNodes; ++node)
      nodes_.push_back(behind(cluster.settings(node)));
  }

  /// From now on. `at`: the first request is 0.
  void kill_leader_at(std::size_t at, Moment moment) {
    count_requests();
    at_ = at;
    moment_ = moment;
    armed_ = true;
  }
  void count_requests() {
    first_ = cluster_.leader();
    requests_ = 0;
    armed_ = false;
  }
  [[nodiscard]] std::size_t requests() const { return requests_; }

  Answer operator()(const ApiRequest& request) {
    const bool now = armed_ && requests_ == at_;
    ++requests_;
    if (!now) return pass(request);
    const std::size_t leader = first_;
    if (moment_ == Moment::after_it) {
      static_cast<void>(pass(request));
      cluster_.kill(leader);
      return {502, "<html>Bad Gateway", {}};
    }
    cluster_.kill(leader);
    return pass(request);
  }

 private:
  Answer pass(const ApiRequest& request) {
    Answer answer;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      answer = nodes_[(first_ + i) % nodes_.size()](request);
      // A standby that cannot forward yet redirects: no balancer would ask it.
      if (answer.status < 500 && answer.status != 307) return answer;
    }
    return answer;
  }

  RaftCluster& cluster_;
  std::vector<Behind> nodes_;
  std::size_t first_ = 0;
  std::size_t requests_ = 0;
  std::size_t at_ = 0;
  Moment moment_ = Moment::before_it;
  bool armed_ = false;
};

class Proof {
 public:
  Proof(const std::string& program, const std::string& scratch)
      : program_(program),
        scratch_(scratch),
        cluster_(program, scratch),
        balancer_(cluster_),
        front_({.handler = [this](const ApiRequest& request) { return balancer_(request); }}),
        leader_({.handler =
                     [this](const ApiRequest& request) {
                       return behind(cluster_.settings(cluster_.leader()))(request);
                     }}),
        home_(scratch, leader_.address(), cluster_.root_token()) {}

  void kill_leaders(const StoreJob& job, bool bounded);
  void ask_sealed_node(const StoreJob& job);
  void ask_redirecting_standby(const StoreJob& job);
  void ask_by_proxy(const StoreJob& job);

  [[nodiscard]] int failures() const { return failures_; }

 private:
  void prepare(const StoreJob& job);
  void put_back();
  Done play(const StoreJob& job);
  void run_once(const StoreJob& job, const std::string& what, bool works);
  void kill_once(const StoreJob& job, std::size_t at, Moment moment);
  void expect(bool holds, const std::string& what, const Done& done);
  void point_at(const std::string& address, const std::string& settings) const;

  std::string program_;
  std::string scratch_;
  RaftCluster cluster_;
  Balancer balancer_;
  DoubleServer front_;
  DoubleServer leader_;  // for the test's own eyes: a standby may answer with what was
  CrashHome home_;
  std::string where_;
  std::string wanted_;  // the document, where the job did what it is there for
  int failures_ = 0;
  int killed_ = 0;
  int succeeded_ = 0;
  Millis longest_{0};
};

void Proof::expect(bool holds, const std::string& what, const Done& done) {
  if (holds) return;
  ++failures_;
  std::printf("%s: %s | %s %s\n", where_.c_str(), what.c_str(), done.log.c_str(),
              done.output.c_str());
}

void Proof::point_at(const std::string& address, const std::string& settings) const {
  test::put("/etc/claude-auth-sync.conf",
            "store = vault\nhost_name = this-host\nfresh_for = 0\nretry_after = 0\nclaude_path = " +
                scratch_ + "/disk/claude\n[vault]\naddress = " + address + "\n" + settings,
            0644);
}

void Proof::prepare(const StoreJob& job) {
  balancer_.count_requests();
  point_at(front_.address(), "");
  // Nothing of the job before: neither its memory nor its token, nor the login that it stored.
  std::filesystem::remove_all(home_.paths().state_dir);
  std::filesystem::remove(home_.paths().token_env);
  static_cast<void>(behind(cluster_.settings(cluster_.leader()))({.method = "POST",
                                                                  .path = kDocumentPath,
                                                                  .token = cluster_.root_token(),
                                                                  .body = R"({"data":{}})"}));
  job.prepare(home_);
  home_.keep();
  cluster_.level(kDocumentPath);
}

void Proof::put_back() {
  home_.put_back();
  cluster_.level(kDocumentPath);
}

Done Proof::play(const StoreJob& job) {
  Done done{.before = home_.look(), .after = {}, .exit_status = -1, .output = {}, .log = {}};
  const auto start = std::chrono::steady_clock::now();
  const std::size_t logged = home_.log().size();
  const Finished finished = home_.finish(job.arguments(kDefaults), std::string(job.input));
  longest_ = std::max(longest_,
                      std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start));
  if (WIFEXITED(finished.wait_status)) done.exit_status = WEXITSTATUS(finished.wait_status);
  done.output = finished.standard_output;
  done.log = home_.log().substr(logged);
  return done;
}

/// The leader is killed at one request of the job, another one takes over, and the job is run
/// again.
void Proof::kill_once(const StoreJob& job, std::size_t at, Moment moment) {
  where_ = std::string(job.name) + ", leader killed " +
           (moment == Moment::before_it ? "before" : "after") + " request " + std::to_string(at);
  put_back();
  const std::size_t leader = cluster_.leader();
  balancer_.kill_leader_at(at, moment);
  Done done = play(job);
  balancer_.count_requests();
  cluster_.settle();
  done.after = home_.look();
  ++killed_;
  if (done.exit_status == 0) {
    ++succeeded_;
    expect(job.succeeded(done), "it says that it succeeded, and did not", done);
  } else {
    expect(done.after.credentials == done.before.credentials, "the login changed", done);
    expect(done.after.token_env == done.before.token_env, "the env file changed", done);
    expect(done.after.vault_token == done.before.vault_token, "the Vault token changed", done);
    expect(done.after.document == done.before.document || done.after.document == wanted_,
           "the document is neither the old one nor the new one", done);
  }
  Done next = play(job);
  next.after = home_.look();
  expect(next.exit_status == 0 && job.succeeded(next), "the next run fails", next);
  cluster_.start(leader);
  cluster_.unseal(leader);
  cluster_.settle();
}

void Proof::kill_leaders(const StoreJob& job, bool bounded) {
  prepare(job);
  where_ = std::string(job.name) + ", undisturbed";
  balancer_.count_requests();
  Done done = play(job);
  const std::size_t requests = balancer_.requests();
  done.after = home_.look();
  expect(job.succeeded(done), "it does not do what it is there for", done);
  wanted_ = done.after.document;
  killed_ = succeeded_ = 0;
  longest_ = {};
  for (std::size_t at = bounded ? requests - 1 : 0; at < requests; ++at) {
    kill_once(job, at, Moment::after_it);
    if (!bounded) kill_once(job, at, Moment::before_it);
  }
  std::printf("figure: | %s | %d | %d | %d | %.1f |\n", std::string(job.name).c_str(), killed_,
              succeeded_, killed_ - succeeded_, static_cast<double>(longest_.count()) / 1000.0);
}

/// One run against what is configured. `works`: the store is as good as ever.
void Proof::run_once(const StoreJob& job, const std::string& what, bool works) {
  where_ = std::string(job.name) + ", " + what;
  longest_ = {};
  Done done = play(job);
  done.after = home_.look();
  if (works) {
    expect(done.exit_status == 0 && job.succeeded(done), "it fails", done);
  } else {
    expect(done.exit_status == job.fails_with, "another exit status", done);
    expect(done.log.contains(job.fails_as), "another status", done);
    expect(done.after.credentials == done.before.credentials &&
               done.after.token_env == done.before.token_env &&
               done.after.document == done.before.document,
           "something changed", done);
  }
  std::printf("figure: | %s | %s | %s | %.1f |\n", what.c_str(), std::string(job.name).c_str(),
              works ? "done" : "nothing changed", static_cast<double>(longest_.count()) / 1000.0);
}

void Proof::ask_sealed_node(const StoreJob& job) {
  prepare(job);
  const std::size_t node = cluster_.standby();
  cluster_.kill(node);
  cluster_.start(node);
  point_at(cluster_.settings(node).address, "ca_cert = " + scratch_ + "/ca.pem\n");
  run_once(job, "a sealed node", false);
  cluster_.unseal(node);
  cluster_.settle();
}

void Proof::ask_redirecting_standby(const StoreJob& job) {
  prepare(job);
  // What a standby does that may not, or cannot, forward.
  const DoubleServer standby({.handler = behind(cluster_.settings(cluster_.standby()),
                                                "X-Vault-No-Request-Forwarding: 1")});
  const std::string trust = "ca_cert = " + scratch_ + "/ca.pem\n";
  point_at(standby.address(), trust);
  run_once(job, "a standby that redirects, to a host that is not allowed", false);
  point_at(standby.address(), trust + "redirect_hosts = 127.0.0.1\n");
  run_once(job, "a standby that redirects, to a host that is allowed", true);
}

void Proof::ask_by_proxy(const StoreJob& job) {
  prepare(job);
  const std::string socket = scratch_ + "/proxy.sock";
  const std::string leader = cluster_.settings(cluster_.leader()).address;
  test::put(scratch_ + "/proxy.hcl",
            "vault {\n  address = \"" + leader + "\"\n  ca_cert = \"" + scratch_ +
                "/ca.pem\"\n}\napi_proxy {}\nlistener \"unix\" {\n  address = \"" + socket +
                "\"\n  tls_disable = true\n}\n");
  const UniqueFd log(
      ::open((scratch_ + "/proxy.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  Command command{.path = program_,
                  .arguments = {program_, "proxy", "-config=" + scratch_ + "/proxy.hcl"},
                  .environment = {"HOME=" + scratch_, "PATH=/usr/bin:/bin"}};
  auto proxy = Child::start(std::move(command), log.get(), log.get());
  const Deadline deadline = Deadline::in(30s);
  while (!test::exists(socket) && !deadline.passed()) std::this_thread::sleep_for(50ms);
  point_at("unix://" + socket, "");
  run_once(job, "a proxy on a unix socket", true);
  put_back();
  if (proxy) proxy->stop(5s);
  run_once(job, "a proxy on a unix socket that is gone", false);
}

const StoreJob& job_named(std::string_view name) {
  return *std::ranges::find(store_jobs(), name, &StoreJob::name);
}

int prove(bool bounded) {
  const auto program = find_server_program();
  if (!program) {
    std::printf("SKIP: no bao or vault: name one in VAULT_BIN\n");
    return 77;
  }
  const ScratchDirectory scratch;
  CrashHome::enter(scratch.path());
  Proof proof(*program, scratch.path());
  std::vector<std::string_view> jobs{"login", "backup"};
  if (!bounded) jobs = {"login", "sync", "backup", "restore", "setup-token set"};
  for (const std::string_view name : jobs) proof.kill_leaders(job_named(name), bounded);
  for (const std::string_view name : jobs) proof.ask_sealed_node(job_named(name));
  // What is only read a standby answers by itself.
  for (const std::string_view name : jobs)
    if ((job_named(name).asks & kWrite) != 0) proof.ask_redirecting_standby(job_named(name));
  for (const std::string_view name : jobs) proof.ask_by_proxy(job_named(name));
  std::printf("%d failures\n", proof.failures());
  return proof.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  if (argc == 2) return prove(std::string_view(argv[1]) != "full");
  std::fputs("usage: store_cluster bounded|full\n", stderr);
  return 2;
}
