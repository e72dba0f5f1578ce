#include "admin/progress_line.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace claude_auth {
namespace {

constexpr char kEraseLine[] = "\r\033[K";

}  // namespace

ProgressLine::ProgressLine(std::string unit)
    : unit_(std::move(unit)), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(std::size_t done, std::size_t of) {
  if (!on_terminal_) return;
  std::fprintf(stderr, "%s%zu of %zu %s", kEraseLine, done, of, unit_.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  std::fputs(kEraseLine, stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace claude_auth
