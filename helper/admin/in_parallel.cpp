#include "admin/in_parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace claude_auth {

void in_parallel(std::size_t items, std::size_t workers,
                 const std::function<void(std::size_t worker, std::size_t item)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&](std::size_t worker) {
    for (std::size_t item = next++; item < items; item = next++) work(worker, item);
  };
  const std::size_t count = std::min(workers, items);
  std::vector<std::jthread> threads;
  threads.reserve(count);
  for (std::size_t worker = 0; worker < count; ++worker) threads.emplace_back(run, worker);
}

}  // namespace claude_auth
