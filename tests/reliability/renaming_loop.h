// A user who trades what our programs open in his home for a trap, between any two of their steps.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "hostile_acts.h"

namespace claude_auth::testing {

/// Renames until it has done enough. The traps are more than he could make himself: hard links to
/// root's file and the device are root's gift, as of a file system that protects neither.
class RenamingLoop {
 public:
  /// `victim`: whose files and directories some of the traps lead to.
  RenamingLoop(const Person& person, const Person& victim);

  /// Counts the trades. Every trade is undone by the end.
  void run(std::atomic<unsigned long>& done, const std::atomic<bool>& enough);

 private:
  enum class Kind {
    link_to_root_file,
    link_to_root_directory,
    link_to_victims_login,
    link_to_victims_directory,
    dangling_link,
    fifo,
    device,
    directory,
    huge_file,
    hard_link_to_root_file,
    foreign_variables,
    kinds,
  };
  struct Trap {
    Kind kind;
    std::string path;
    ino_t inode = 0;
  };

  void make(Trap& trap) const;
  [[nodiscard]] bool place(Kind kind, const std::string& path) const;
  [[nodiscard]] bool is_there(const Trap& trap) const;
  bool trade(Trap& trap, const std::string& target);
  void linger();

  Person person_;
  Person victim_;
  std::vector<std::string> targets_;
  std::vector<Trap> traps_;
  std::minstd_rand random_;
};

}  // namespace claude_auth::testing
