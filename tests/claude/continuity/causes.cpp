#include "causes.h"

#include <cstdlib>

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

// Answers over a network come this far apart. What lay on disk for no longer nobody has seen.
constexpr Millis kAtLeastApart = 5ms;
constexpr Millis kAtMostApart = 200ms;

constexpr Millis kDiskIsFullFor = 1'500ms;

/// A model that does not do what its cause says would prove nothing.
void must(bool holds) {
  if (!holds) std::abort();
}

// --- new tokens that never reach the disk ---

void killed_before_the_write(Stage& stage) {
  must(stage.scene.agents.ask_for_tokens().has_value());
  stage.scene.agents.abandon_locks();
}

// The same agent asks again, with the token that it still has.
void reply_lost(Stage& stage) {
  must(stage.scene.agents.ask_for_tokens().has_value());
  must(stage.scene.agents.refresh() == Agents::Answer::expired);
}

// Where one of our jobs just gave some room back, the disk was not full: then at the next refresh.
void disk_full_at_the_write(Stage& stage) {
  for (bool written = true; written;) {
    stage.keeper->catch_up();
    stage.pass_to_refresh();
    const auto locks = stage.scene.agents.lock(0ms);
    const auto issued = stage.scene.agents.ask_for_tokens();
    must(locks && issued);
    stage.scene.disk.fill();
    written = stage.scene.agents.write_down(*locks, *issued);
    stage.scene.disk.make_room();
  }
}

// 2.1.197 takes locks that nobody touched for 10 s for a dead one's. Awake again, the sleeper has
// lost its locks, and with them its tokens.
void asleep_in_a_refresh_197(Stage& stage) {
  must(stage.scene.agents.ask_for_tokens().has_value());
  stage.scene.agents.abandon_locks();
  must(stage.scene.another_agent.send_message() == Agents::Answer::expired);
}

// 2.1.330 knows whose locks they are, and waits until he is awake.
void asleep_in_a_refresh_330(Stage& stage) {
  Agents& agents = stage.scene.agents;
  const auto locks = agents.lock(0ms);
  const auto issued = agents.ask_for_tokens();
  must(locks && issued);
  must(!stage.scene.another_agent.lock(0ms));
  must(agents.write_down(*locks, *issued));
}

/// A program that knows nothing of locks rewrites the file between a client's question and its
/// answer. What the client was given.
IssuedLogin rewritten_during_a_refresh(Agents& agents) {
  const std::string before = agents.file();
  const auto issued = agents.ask_for_tokens();
  must(issued.has_value());
  agents.overwrite(before + "\n");
  return *issued;
}

void foreign_writer_in_a_refresh_197(Stage& stage) {
  const auto locks = stage.scene.agents.lock(0ms);
  const IssuedLogin issued = rewritten_during_a_refresh(stage.scene.agents);
  must(stage.scene.agents.write_down(*locks, issued));
}

// Finds a file that is not the one it began with, and drops what it was given.
void foreign_writer_in_a_refresh_330(Stage& stage) {
  const auto locks = stage.scene.agents.lock(0ms);
  static_cast<void>(rewritten_during_a_refresh(stage.scene.agents));
}

void second_host_refreshes(Stage& stage) {
  Agents& other = stage.scene.other_host;
  other.overwrite(stage.scene.agents.file());
  must(other.refresh() == Agents::Answer::given);
}

// --- the rest of a refresh ---

void killed_after_the_write(Stage& stage) {
  must(stage.scene.agents.refresh() == Agents::Answer::given);
  stage.scene.agents.abandon_locks();
}

// Both ask with the same token.
void older_clients_race(Stage& stage) {
  Agents& winner = stage.scene.agents;
  Agents& loser = stage.scene.another_agent;
  const auto issued = winner.ask_for_tokens();
  must(issued && !loser.ask_for_tokens());
  must(winner.write_down(winner.lock(0ms).value(), *issued));
  stage.keeper->wait(kAtLeastApart + stage.up_to(kAtMostApart - kAtLeastApart));
  loser.empty_login();
}

// --- a good login, and somebody who takes it away ---

void refresh_and_work_on(Stage& stage) {
  must(stage.scene.agents.refresh() == Agents::Answer::given);
  stage.pass_some_time();
}

void stale_copy_written_over(Stage& stage) {
  const std::string before = stage.scene.agents.file();
  refresh_and_work_on(stage);
  stage.scene.agents.overwrite(before);
}

void file_deleted(Stage& stage) {
  refresh_and_work_on(stage);
  stage.scene.agents.delete_file();
}

void file_cut_short(Stage& stage) {
  refresh_and_work_on(stage);
  stage.scene.agents.cut_short();
}

// A backup that is due then fails as well. The incident counts from when there is room again.
void file_cut_short_on_a_full_disk(Stage& stage) {
  refresh_and_work_on(stage);
  stage.scene.disk.fill();
  stage.scene.agents.cut_short();
  stage.keeper->wait(stage.up_to(kDiskIsFullFor));
  stage.scene.disk.make_room();
}

constexpr char kTokensNowhere[] = "the new tokens are nowhere, and the old ones were used up";

constexpr Cause kCauses[] = {
    {"killed in a refresh, before the write", killed_before_the_write, ReuseRule::ends_family,
     Cure::person, kTokensNowhere},
    {"killed after the write", killed_after_the_write, ReuseRule::ends_family, Cure::none_needed,
     ""},
    {"the reply to a refresh is lost", reply_lost, ReuseRule::ends_family, Cure::person,
     kTokensNowhere},
    {"the disk is full when a client writes", disk_full_at_the_write, ReuseRule::ends_family,
     Cure::person, kTokensNowhere},
    {"asleep for over 10 s in a refresh, 2.1.197", asleep_in_a_refresh_197, ReuseRule::ends_family,
     Cure::person, "the other client's second use of the token ended all of them"},
    {"asleep for over 10 s in a refresh, 2.1.330", asleep_in_a_refresh_330, ReuseRule::ends_family,
     Cure::none_needed, ""},
    {"a foreign program writes during a refresh, 2.1.197", foreign_writer_in_a_refresh_197,
     ReuseRule::ends_family, Cure::none_needed, ""},
    {"a foreign program writes during a refresh, 2.1.330", foreign_writer_in_a_refresh_330,
     ReuseRule::ends_family, Cure::person, kTokensNowhere},
    {"one login on two hosts", second_host_refreshes, ReuseRule::ends_family, Cure::person,
     "the new tokens are the other host's, and our use of the old ones ends these, too"},
    {"older clients race; a second use is refused", older_clients_race, ReuseRule::refuses,
     Cure::machine, ""},
    {"older clients race; a second use ends all tokens", older_clients_race, ReuseRule::ends_family,
     Cure::person, "the winner's tokens, which are here, were ended by the loser's second use"},
    {"a stale copy written over the live file", stale_copy_written_over, ReuseRule::ends_family,
     Cure::machine, ""},
    {"the file deleted", file_deleted, ReuseRule::ends_family, Cure::machine, ""},
    {"the file cut short", file_cut_short, ReuseRule::ends_family, Cure::machine, ""},
    {"the file cut short on a full disk", file_cut_short_on_a_full_disk, ReuseRule::ends_family,
     Cure::machine, ""},
};

}  // namespace

std::span<const Cause> causes() {
  return kCauses;
}

}  // namespace claude_auth::testing
