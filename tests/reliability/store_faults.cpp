// Every fault of the store against every job that needs it: what the log says, how long it takes,
// what is changed. Prints the table of docs/reliability.md.
//
//   store_faults bounded|full
//   store_faults FAULT JOB     one of them, with all that it says
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scratch_directory.h"
#include "store_scene.h"
#include "temporary_directory.h"

namespace claude_auth::testing {
namespace {

using namespace std::chrono_literals;

/// Scenes at once: of those that only wait, and of those whose login has 700 ms on two cores.
constexpr std::size_t kWaiting = 24;
constexpr std::size_t kWorking = 3;
constexpr int kSkipped = 77;

constexpr Patience kDefaults{.request = 10s, .login = 5s, .refresh = 700ms};
/// Enough for one more try, whose pause is at most 1.5 s.
constexpr Patience kShort{.request = 2500ms, .login = 2000ms, .refresh = 2000ms};
/// Of a scene that is played again.
constexpr Patience kAlone{.request = 10s, .login = 10s, .refresh = 10s};

struct Scene {
  const StoreFault* fault;
  const StoreJob* job;
  SceneResult result{};
};

/// The lines of a result's file, in this order.
void write_result(const std::string& path, const SceneResult& result) {
  std::string wrong = result.wrong;
  std::ranges::replace(wrong, '\n', ' ');
  test::put(path, result.said + "\n" + result.came + "\n" + std::to_string(result.exit_status) +
                      "\n" + std::to_string(result.took.count()) + "\n" +
                      (result.starved ? "starved" : "") + "\n" + wrong + "\n");
}

SceneResult read_result(const std::string& path) {
  std::ifstream file(path);
  SceneResult result;
  std::string exit_status;
  std::string took;
  std::string starved;
  std::getline(file, result.said);
  std::getline(file, result.came);
  std::getline(file, exit_status);
  std::getline(file, took);
  std::getline(file, starved);
  if (!std::getline(file, result.wrong)) return {.wrong = "it came to no end"};
  result.exit_status = std::atoi(exit_status.c_str());
  result.took = Millis(std::atoi(took.c_str()));
  result.starved = starved == "starved";
  return result;
}

/// Each scene in a process of its own.
class Theatre {
 public:
  explicit Theatre(const Patience& patience) : patience_(patience) {}

  void play(std::vector<Scene>& scenes) {
    play_those(scenes, true, kWaiting);
    play_those(scenes, false, kWorking);
    play_starved_again(scenes);
  }

 private:
  void play_those(std::vector<Scene>& scenes, bool that_wait, std::size_t at_once) {
    for (Scene& scene : scenes) {
      if (scene.fault->waits != that_wait) continue;
      if (running_.size() == at_once) wait_for_one();
      begin(scene, patience_);
    }
    while (!running_.empty()) wait_for_one();
  }

  // On a machine with more to do its time was over before the fault showed; alone, and with enough
  // time, it says what the fault is, or never does.
  void play_starved_again(std::vector<Scene>& scenes) {
    for (Scene& scene : scenes) {
      if (!scene.result.starved) continue;
      begin(scene, kAlone);
      wait_for_one();
    }
  }

  void begin(Scene& scene, const Patience& patience) {
    const std::string path = scratch_.path() + "/" + std::to_string(++count_);
    const pid_t child = ::fork();
    if (child == 0) {
      write_result(path, play_scene(*scene.fault, *scene.job, patience));
      std::exit(0);
    }
    running_[child] = {&scene, path};
  }

  void wait_for_one() {
    int status = 0;
    const pid_t ended = ::wait(&status);
    const auto found = running_.find(ended);
    if (found == running_.end()) return;
    // It has said why.
    if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipped) std::exit(kSkipped);
    found->second.scene->result = read_result(found->second.path);
    running_.erase(found);
  }

  struct Running {
    Scene* scene;
    std::string path;
  };
  const Patience patience_;
  ScratchDirectory scratch_;
  std::map<pid_t, Running> running_;
  int count_ = 0;
};

// ---- the page

std::string seconds(Millis span) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(span.count()) / 1000.0);
  return text;
}

/// Jobs to which one fault did the same.
struct Group {
  std::string said;
  std::string came;
  std::vector<const Scene*> scenes;
};

std::vector<Group> groups_of(const std::vector<const Scene*>& scenes) {
  std::vector<Group> groups;
  for (const Scene* scene : scenes) {
    const auto same = std::ranges::find_if(groups, [&](const Group& group) {
      return group.came == scene->result.came &&
             (group.came == "done" || group.said == scene->result.said);
    });
    if (same != groups.end())
      same->scenes.push_back(scene);
    else
      groups.push_back({scene->result.said, scene->result.came, {scene}});
  }
  return groups;
}

std::string names_of(const std::vector<const Scene*>& scenes, std::size_t of) {
  if (scenes.size() == of) return "all";
  std::string names;
  for (const Scene* scene : scenes)
    names += (names.empty() ? "" : ", ") + std::string(scene->job->name);
  return names;
}

/// The longest of them, logins with their own deadlines first.
std::string times_of(const std::vector<const Scene*>& scenes) {
  Millis login{-1};
  Millis other{-1};
  for (const Scene* scene : scenes) {
    Millis& longest = scene->job->is_login ? login : other;
    longest = std::max(longest, scene->result.took);
  }
  return (login.count() < 0 ? "" : seconds(login)) + " | " +
         (other.count() < 0 ? "" : seconds(other));
}

void print_rows(const std::vector<Scene>& scenes) {
  std::printf(
      "figure: | the store | jobs | what they say | login, s | others, s | it comes to |\n");
  std::printf("figure: | --- | --- | --- | --- | --- | --- |\n");
  for (std::size_t at = 0; at < scenes.size();) {
    std::vector<const Scene*> same;
    const StoreFault* const fault = scenes[at].fault;
    for (; at < scenes.size() && scenes[at].fault == fault; ++at) same.push_back(&scenes[at]);
    for (const Group& group : groups_of(same))
      std::printf("figure: | %s | %s | %s | %s | %s |\n", fault->name.c_str(),
                  names_of(group.scenes, same.size()).c_str(),
                  group.came == "done" ? "" : group.said.c_str(), times_of(group.scenes).c_str(),
                  group.came.c_str());
  }
}

int report(const std::vector<Scene>& scenes) {
  int failures = 0;
  for (const Scene& scene : scenes) {
    if (scene.result.wrong.empty()) continue;
    ++failures;
    std::printf("%s, %s: %s\n", scene.fault->name.c_str(), std::string(scene.job->name).c_str(),
                scene.result.wrong.c_str());
  }
  std::printf("%zu scenes, %d failures\n", scenes.size(), failures);
  return failures == 0 ? 0 : 1;
}

int play_all(bool bounded) {
  const std::vector<StoreFault> faults = store_faults();
  const std::vector<StoreJob>& jobs = store_jobs();
  std::vector<Scene> scenes;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (!bounded) {
      for (const StoreJob& job : jobs) scenes.push_back({&faults[i], &job});
      continue;
    }
    // A login, and another one of the jobs that this fault disturbs.
    std::vector<const StoreJob*> disturbed;
    for (const StoreJob& job : jobs)
      if ((faults[i].disturbs & job.asks) != 0) disturbed.push_back(&job);
    if (disturbed.front() == &jobs.front()) {
      scenes.push_back({&faults[i], disturbed.front()});
      disturbed.erase(disturbed.begin());
    }
    scenes.push_back({&faults[i], disturbed[i % disturbed.size()]});
  }
  Theatre(bounded ? kShort : kDefaults).play(scenes);
  print_rows(scenes);
  return report(scenes);
}

int play_one(const std::string& fault_name, const std::string& job_name) {
  const std::vector<StoreFault> faults = store_faults();
  const auto fault = std::ranges::find(faults, fault_name, &StoreFault::name);
  const auto job = std::ranges::find(store_jobs(), job_name, &StoreJob::name);
  if (fault == faults.end() || job == store_jobs().end()) {
    std::fputs("no such fault or job\n", stderr);
    return 2;
  }
  std::vector<Scene> scenes{{&*fault, &*job}};
  Theatre(kDefaults).play(scenes);
  print_rows(scenes);
  return report(scenes);
}

}  // namespace
}  // namespace claude_auth::testing

int main(int argc, char** argv) {
  using namespace claude_auth::testing;
  if (argc == 3) return play_one(argv[1], argv[2]);
  if (argc == 2) return play_all(std::string_view(argv[1]) != "full");
  std::fputs("usage: store_faults bounded|full, or FAULT JOB\n", stderr);
  return 2;
}
