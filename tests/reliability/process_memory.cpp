#include "process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/unique_fd.h"

namespace claude_auth::testing {
namespace {

struct Mapping {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  bool readable = false;
  bool writable = false;
  bool of_file = false;
  bool behind_file = false;  ///< the variables of a library that begin as zero
  bool locked = false;
  bool left_out_of_dumps = false;
  std::string name;
};

/// The line that begins a mapping in /proc/PID/smaps; false for the lines about it.
bool parse_head(const std::string& line, Mapping& mapping) {
  char modes[5] = {};
  unsigned long inode = 0;
  int rest = 0;
  if (std::sscanf(line.c_str(), "%lx-%lx %4s %*x %*x:%*x %lu %n", &mapping.from, &mapping.to, modes,
                  &inode, &rest) < 4)
    return false;
  mapping.readable = modes[0] == 'r';
  mapping.writable = modes[1] == 'w';
  mapping.of_file = inode != 0;
  mapping.name = line.substr(static_cast<std::size_t>(rest));
  return true;
}

std::vector<Mapping> mappings_of(pid_t pid) {
  std::vector<Mapping> mappings;
  std::ifstream smaps("/proc/" + std::to_string(pid) + "/smaps");
  for (std::string line; std::getline(smaps, line);) {
    if (Mapping mapping; parse_head(line, mapping)) {
      if (!mappings.empty() && !mapping.of_file && mappings.back().to == mapping.from)
        mapping.behind_file = mappings.back().of_file;
      mappings.push_back(std::move(mapping));
    } else if (line.starts_with("Locked:")) {
      mappings.back().locked = std::strtol(line.c_str() + line.find(':') + 1, nullptr, 10) > 0;
    } else if (line.starts_with("VmFlags:")) {
      mappings.back().left_out_of_dumps = line.contains(" dd");
    }
  }
  return mappings;
}

/// Where the stack of each thread ends at the moment.
std::vector<std::uint64_t> stack_pointers(pid_t pid) {
  std::vector<std::uint64_t> pointers;
  std::error_code error;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error)) {
    // "NUMBER six-arguments SP PC", or "running", or "-1 SP PC".
    std::ifstream file(thread.path() / "syscall");
    std::vector<std::string> words;
    for (std::string word; file >> word;) words.push_back(word);
    if (words.size() >= 3) pointers.push_back(std::stoull(words[words.size() - 2], nullptr, 16));
  }
  return pointers;
}

std::string place_of(const Mapping& mapping, const std::vector<std::uint64_t>& stacks) {
  const bool holds_stack = std::ranges::any_of(stacks, [&](std::uint64_t pointer) {
    return pointer >= mapping.from && pointer < mapping.to;
  });
  if (holds_stack || mapping.name == "[stack]") return mapping.locked ? "locked stack" : "stack";
  if (mapping.left_out_of_dumps) return mapping.locked ? "guarded" : "unlocked";
  if (mapping.of_file || mapping.behind_file) return "library";
  return mapping.locked ? "locked heap" : "heap";
}

}  // namespace

std::string read_memory(pid_t pid, std::uint64_t address, std::size_t size) {
  const UniqueFd memory(
      ::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(size, '\0');
  const ssize_t got = ::pread(memory.get(), bytes.data(), size, static_cast<off_t>(address));
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

Places find_in_memory(pid_t pid, const SecretWords& words) {
  Places places;
  const auto stacks = stack_pointers(pid);
  for (const Mapping& mapping : mappings_of(pid)) {
    if (!mapping.readable || (mapping.of_file && !mapping.writable)) continue;
    const std::string bytes = read_memory(pid, mapping.from, mapping.to - mapping.from);
    for (const auto& [name, count] : words.copies_in(bytes))
      places[place_of(mapping, stacks)][name] += count;
  }
  return places;
}

}  // namespace claude_auth::testing
