#include "admin/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace claude_auth {

Terminal terminal_at(int fd, const Lookup& environment) {
  Terminal terminal;
  terminal.there = ::isatty(fd) == 1;
  if (!terminal.there) return terminal;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) terminal.width = size.ws_col;
    if (size.ws_row > 0) terminal.height = size.ws_row;
  }
  terminal.colour = environment("NO_COLOR").value_or("").empty() &&
                    environment("TERM").value_or("dumb") != "dumb";
  return terminal;
}

}  // namespace claude_auth
