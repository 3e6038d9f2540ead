// Eight numbers at a time: one double for each of up to eight central atoms.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#include "lane-counts.hpp"

namespace forcewright {

// The alignment is stated because GCC's default for this type depends on the instruction set. May alias, because the
// kernels read it as vectors of the width that the processor has.
typedef double Lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(LANES * sizeof(double)), may_alias));

// Array of Lanes. (std::vector would drop the alignment, which is not part of the type when it is a template argument.)
class LaneArray {
 public:
  std::size_t size() const { return size_; }
  Lanes* data() { return static_cast<Lanes*>(memory_.get()); }
  const Lanes* data() const { return static_cast<const Lanes*>(memory_.get()); }
  double* values() { return static_cast<double*>(memory_.get()); }
  Lanes& operator[](std::size_t n) { return data()[n]; }
  const Lanes& operator[](std::size_t n) const { return data()[n]; }

  // Makes room for at least `size` values; what was there is lost when it grows.
  void reserve(std::size_t size) {
    if (size <= size_) return;
    memory_.reset(std::aligned_alloc(sizeof(Lanes), size * sizeof(Lanes)));
    if (!memory_) throw std::bad_alloc();
    size_ = size;
    for (std::size_t n = 0; n < size; n++) data()[n] = Lanes{};
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace forcewright
