#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>

namespace handshaked {

/// A value that is mostly absent, kept elsewhere: a pointer wide, used like std::optional, copied
/// with what it holds.
template <class T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(const Boxed& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  Boxed& operator=(T value) {
    emplace(std::move(value));
    return *this;
  }
  ~Boxed() = default;

  template <class... Args>
  T& emplace(Args&&... args) {
    value_ = std::make_unique<T>(std::forward<Args>(args)...);
    return *value_;
  }
  void reset() { value_.reset(); }
  explicit operator bool() const { return value_ != nullptr; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

/// A list that is mostly empty: a pointer wide, read like a vector, changed through change().
template <class T>
class BoxedList {
 public:
  BoxedList() = default;
  BoxedList(T items) {
    if (!items.empty()) items_.emplace(std::move(items));
  }
  BoxedList(std::initializer_list<typename T::value_type> items) : BoxedList(T(items)) {}

  /// To add to it or to take from it.
  T& change() { return items_ ? *items_ : items_.emplace(); }
  const T& get() const {
    static const T kEmpty;
    return items_ ? *items_ : kEmpty;
  }
  bool empty() const { return get().empty(); }
  std::size_t size() const { return get().size(); }
  auto begin() const { return get().begin(); }
  auto end() const { return get().end(); }
  const auto& front() const { return get().front(); }
  const auto& back() const { return get().back(); }
  const auto& operator[](std::size_t index) const { return get()[index]; }

 private:
  Boxed<T> items_;
};

}  // namespace handshaked
