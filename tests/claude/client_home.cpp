#include "client_home.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/secure_file.h"

namespace claude_auth::testing {

ClientHome::ClientHome(const std::string& path)
    : user_{.uid = ::geteuid(), .name = "made-up-user", .home = path},
      paths_(paths_for(user_, no_environment()).value()),
      temporary_(path + ".tmp") {
  std::filesystem::create_directories(paths_.claude_dir);
  std::filesystem::create_directories(temporary_);
}

ClientHome::~ClientHome() {
  std::error_code ignored;
  std::filesystem::remove_all(user_.home, ignored);
  std::filesystem::remove_all(temporary_, ignored);
}

void ClientHome::write_login(const json_t& login) const {
  const auto before = parse_object(R"({"mcpOAuth":{"made-up-server":{"accessToken":"TEST"}}})");
  if (!replace_file(paths_.credentials, with_login(before->get(), login), Durability::fleeting))
    std::abort();
}

CredentialsFile ClientHome::credentials() const {
  return read_credentials(paths_.credentials, user_.uid);
}

std::vector<std::string> ClientHome::environment(const std::vector<std::string>& more) const {
  std::vector<std::string> all{"PATH=/usr/local/bin:/usr/bin:/bin",
                               "HOME=" + user_.home,
                               "USER=" + user_.name,
                               "LOGNAME=" + user_.name,
                               "LANG=C.UTF-8",
                               "TMPDIR=" + temporary_};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace claude_auth::testing
