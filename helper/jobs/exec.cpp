#include "jobs/exec.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "base/errors.h"
#include "base/secret.h"
#include "claude/oauth_env.h"
#include "jobs/login.h"
#include "pam_claude/login_pipe.h"

namespace claude_auth {
namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;

void say(const std::string& text) {
  std::fprintf(stderr, "claude-auth-sync: %s\n", text.c_str());
}

void ask_store(const Identity& identity, const Clock& clock) {
  auto context = make_context(identity, system_config_dirs(), clock, Audience::person);
  if (!context) return say(context.error());
  ReplyWriter nobody(-1);
  // Its own lines say what went wrong; the command runs all the same.
  static_cast<void>(login(*context, LoginDeadlines{}, nobody));
}

void put_token_into_environment(const Identity& identity) {
  const auto token = read_oauth_env(identity.paths.token_env, identity.user.uid);
  if (!token) return say(token.error().sentence());
  if (token->empty()) return;
  ::setenv(login_pipe::kVariable, std::string(token->view()).c_str(), 1);
}

}  // namespace

int exec_command(const Identity& identity, ExecSource source,
                 const std::vector<std::string>& command) {
  const Clock clock;
  if (source == ExecSource::store_first) ask_store(identity, clock);
  if (!is_paused(identity.paths)) put_token_into_environment(identity);

  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  unguard_process();
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::execvp(arguments.front(), arguments.data());
  const int error = errno;
  say("cannot run " + printable(command.front()) + ": " + errno_text(error));
  return error == ENOENT ? kNotFound : kNotExecutable;
}

}  // namespace claude_auth
