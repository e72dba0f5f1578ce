#include "jobs/reply_writer.h"

#include <unistd.h>

#include <string>

namespace claude_auth {

void ReplyWriter::wait() {
  std::string line = {login_pipe::kWait, '\n'};
  send(line);
}

void ReplyWriter::token(const Secret& token) {
  std::string line = {login_pipe::kToken, ' '};
  line.reserve(line.size() + token.view().size() + 1);
  line += token.view();
  line += '\n';
  send(line);
}

void ReplyWriter::no_token() {
  std::string line = {login_pipe::kNoToken, '\n'};
  send(line);
}

void ReplyWriter::notice(login_pipe::Notice notice, int days) {
  std::string line = {login_pipe::kNotice, ' '};
  line += std::to_string(static_cast<int>(notice)) + ' ' + std::to_string(days) + '\n';
  send(line);
}

void ReplyWriter::send(std::string& line) {
  // One write below PIPE_BUF is whole or not at all (pipe(7)); SIGPIPE is ignored by main.
  if (fd_ >= 0 && ::write(fd_, line.data(), line.size()) < 0) fd_ = -1;
  wipe(line);
}

}  // namespace claude_auth
