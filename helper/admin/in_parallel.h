// The same work for many users at once, by few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace claude_auth {

/// Calls `work(worker, item)` once for every item below `items`, from up to `workers` threads; a
/// worker's number is below `workers`, and its calls follow one another in one thread. Returns when
/// all have. A child that an item starts has to end within it: it is signalled when its worker's
/// thread ends.
void in_parallel(std::size_t items, std::size_t workers,
                 const std::function<void(std::size_t worker, std::size_t item)>& work);

}  // namespace claude_auth
