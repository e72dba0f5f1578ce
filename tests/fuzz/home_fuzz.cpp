// jobs/: everything that a user can put into his home, as `status` and a login meet it. What the
// login says is what pam_claude.so takes.
#include <sys/stat.h>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "jobs/status_json.h"
#include "jobs/status_report.h"
#include "pam_claude/login_reply.h"
#include "unit/user_home.h"

namespace claude_auth {
namespace {

using test::UserHome;

void put_if_any(const std::string& path, const std::string& bytes) {
  if (!bytes.empty()) test::put(path, bytes);
}

/// The store's first version of the document; without bytes nobody is enrolled.
void make_store(const UserHome& home, const std::string& bytes) {
  if (bytes.empty()) return;
  std::filesystem::create_directories(home.paths.local_store);
  ::chmod(home.paths.local_store.c_str(), 0700);
  test::put(home.paths.local_store + "/00000000000000000001.json", bytes);
}

void fill(const UserHome& home, const std::vector<std::string>& files) {
  std::filesystem::create_directories(home.paths.config_dir);
  std::filesystem::create_directories(home.paths.state_dir);
  put_if_any(home.paths.credentials, files[0]);
  put_if_any(home.paths.state, files[1]);
  put_if_any(home.paths.token_env, files[2]);
  put_if_any(home.paths.last_status, files[3]);
  put_if_any(home.paths.claude_json, files[4]);
  put_if_any(home.paths.claude_dir + "/settings.json", files[5]);
  make_store(home, files[6]);
}

void require_status_is_plain(const UserHome& home) {
  const StatusReport report = gather_status(home.context(), Reach::this_host);
  const std::string text = dump(status_as_json(report).get());
  fuzz::require_sentence(text);
  fuzz::require(!text.contains("\\u"), "a status report is printable ASCII");
}

}  // namespace

void fuzz::take(std::string_view input) {
  const UserHome home;
  fill(home, pieces(input, 7));
  require_status_is_plain(home);
  const test::Ran ran = home.login();
  LoginReply reply;
  require(reply.take(ran.said), "the module understands what the login says");
  for (const std::string& line : ran.logged) require_sentence(line);
  require_status_is_plain(home);
}

}  // namespace claude_auth
