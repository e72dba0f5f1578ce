// The test's host of the module.
#include "stage.h"

#include <pwd.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>
#include <utility>

namespace claude_auth::test {
namespace {

std::mutex log_guard;
std::vector<LogLine> log_lines;

int converse(int count, const pam_message** messages, pam_response** responses, void* told) {
  for (int i = 0; i < count; ++i) {
    if (messages[i]->msg_style != PAM_TEXT_INFO) return PAM_CONV_ERR;
    static_cast<std::vector<std::string>*>(told)->emplace_back(messages[i]->msg);
  }
  *responses =
      static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof **responses));
  return *responses != nullptr ? PAM_SUCCESS : PAM_BUF_ERR;
}

/// A stage that cannot be set up is no test result.
[[noreturn]] void broken(const std::string& what) {
  std::perror(what.c_str());
  std::abort();
}

void write_file(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file || ::chmod(path.c_str(), mode) != 0) broken(path);
}

}  // namespace

bool Opened::logged(int level, std::string_view part) const {
  return std::ranges::any_of(log, [&](const LogLine& line) {
    return line.level == level && line.text.find(part) != std::string::npos;
  });
}

Host::Host(const std::string& directory, const char* service, const char* user)
    : conversation_{converse, &told_} {
  if (::pam_start_confdir(service, user, &conversation_, directory.c_str(), &handle_) !=
      PAM_SUCCESS) {
    broken("pam_start_confdir");
  }
}

Host::~Host() {
  ::pam_end(handle_, PAM_SUCCESS);
}

Opened Host::open_session(int flags) {
  Opened opened;
  const auto start = std::chrono::steady_clock::now();
  opened.result = ::pam_open_session(handle_, flags);
  opened.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  if (const char* token = ::pam_getenv(handle_, "CLAUDE_CODE_OAUTH_TOKEN")) opened.token = token;
  opened.told = std::exchange(told_, {});
  const std::scoped_lock lock(log_guard);
  opened.log = std::exchange(log_lines, {});
  return opened;
}

int Host::close_session(int flags) {
  return ::pam_close_session(handle_, flags);
}

Stage::Stage() {
  char name[] = "/tmp/pam-claude-test.XXXXXX";
  if (::mkdtemp(name) == nullptr) broken(name);
  directory_ = name;
  // A helper that runs as another user has to be reachable, and has things to leave behind.
  if (::chmod(name, 0777) != 0) broken(name);
  // libpam complains in the log about a directory without it.
  write_file(path("other"), "session required pam_deny.so\n", 0644);
}

Stage::~Stage() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Stage::helper_script(std::string_view body) const {
  write_file(helper(), "#!/bin/sh\nstage=" + directory_ + "\n" + std::string(body) + "\n", 0755);
}

void Stage::helper_program(const std::string& program) const {
  // A copy, as another user may not be able to enter the directory of the build.
  std::error_code error;
  if (!std::filesystem::copy_file(program, helper(), error)) broken(program);
}

std::string Stage::path(std::string_view name) const {
  return directory_ + "/" + std::string(name);
}

void Stage::write(std::string_view name, std::string_view text) const {
  write_file(path(name), std::string(text), 0644);
}

std::string Stage::content(std::string_view name) const {
  std::ifstream file(path(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Stage::dumped(std::string_view word) const {
  std::istringstream dump(content("dump"));
  std::vector<std::string> found;
  for (std::string line; std::getline(dump, line);) {
    if (line.starts_with(word) && line.size() > word.size()) {
      found.push_back(line.substr(word.size() + 1));
    }
  }
  return found;
}

void Stage::stack(const char* service, const std::vector<std::string>& lines) const {
  std::string text;
  for (const std::string& line : lines) {
    text +=
        "session required " PAM_CLAUDE_MODULE " helper=" + helper() + " min_uid=0 " + line + "\n";
  }
  write_file(path(service), text + "session required pam_permit.so\n", 0644);
}

Opened Stage::open(std::string_view options, const char* service, int flags) const {
  stack(service, {std::string(options)});
  return Host(directory_, service, own_name().c_str()).open_session(flags);
}

std::string own_name() {
  const passwd* const account = ::getpwuid(::getuid());
  if (account == nullptr) broken("getpwuid");
  return account->pw_name;
}

}  // namespace claude_auth::test

// Found before libpam's by the module, which looks its symbols up from the executable on.
extern "C" [[gnu::visibility("default"), gnu::format(printf, 3, 4)]] void pam_syslog(
    const pam_handle_t* /*pamh*/, int level, const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const std::scoped_lock lock(claude_auth::test::log_guard);
  claude_auth::test::log_lines.push_back({level, text});
}
