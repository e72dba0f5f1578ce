// Fills in the helper's argv and envp.
#include "pam_claude/invocation.h"

#include <stdio.h>

#include <cstddef>

namespace claude_auth {
namespace {

char kName[] = "claude-auth-sync";
char kJob[] = "login";
char kFromPam[] = "--pam";
char kDebug[] = "--debug";
char kPath[] = "PATH=/usr/local/bin:/usr/bin:/bin";
char kLang[] = "LANG=C.UTF-8";

template <std::size_t size>
bool print(std::array<char, size>& to, const char* name, const char* value) {
  const int length = ::snprintf(to.data(), size, "%s=%s", name, value);
  return length >= 0 && static_cast<std::size_t>(length) < size;
}

template <std::size_t size>
void print(std::array<char, size>& to, const char* name, std::chrono::milliseconds value) {
  ::snprintf(to.data(), size, "%s=%lld", name, static_cast<long long>(value.count()));
}

}  // namespace

Invocation::Invocation(const Options& options, const passwd& account)
    : path_(options.helper),
      arguments_{kName,
                 kJob,
                 kFromPam,
                 timeout_.data(),
                 refresh_timeout_.data(),
                 options.debug ? kDebug : nullptr,
                 nullptr},
      environment_{home_.data(), user_.data(), logname_.data(), kPath, kLang, nullptr} {
  fits_ = print(home_, "HOME", account.pw_dir) && print(user_, "USER", account.pw_name) &&
          print(logname_, "LOGNAME", account.pw_name);
  print(timeout_, "--timeout", options.timeout);
  print(refresh_timeout_, "--refresh-timeout", options.first_deadline());
}

}  // namespace claude_auth
