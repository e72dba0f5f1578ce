// The faults that a store, or the way to it, can have: a table.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store_front.h"

namespace claude_auth::testing {

/// What a job asks the store for, and which of it a fault disturbs: a set.
enum Asked : unsigned {
  kDocument = 1,  ///< reads the document
  kWrite = 2,     ///< writes it
  kWhoIs = 4,     ///< looks the scoped token up
  kRenewal = 8,   ///< renews it
  kAnything = 15
};

/// What becomes of a job that is disturbed.
enum class Comes {
  to_nothing,    ///< it fails and says so; nothing is changed
  to_its_end,    ///< it does all that it is there for
  to_a_retry,    ///< it does, where it may try again: anything but a login
  to_an_absence  ///< it takes the document for absent: the one thing that a 404 may say
};

struct StoreFault {
  std::string name;  ///< for the page and for the command line
  unsigned disturbs = kAnything;
  Comes comes = Comes::to_nothing;
  std::string says{};  ///< a part of what a disturbed job says, whatever it comes to
  std::function<Front(const Stage&)> make;
  bool waits = false;  ///< for something that does not come: until a deadline
  /// The stamps of the jobs before are moved by so much.
  std::chrono::hours stamps_off{0};
};

[[nodiscard]] std::vector<StoreFault> store_faults();

}  // namespace claude_auth::testing
