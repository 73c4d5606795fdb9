#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <concepts>
#include <cstddef>

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace handshaked {

/// A text or a list that never changes and that its copies share: eight bytes each, and nothing
/// else while it is empty. Reads like the value itself; to change it, give it another one. Copies
/// may live on different threads.
template <class T>
class Shared {
 public:
  using value_type = typename T::value_type;

  Shared() = default;
  Shared(T value) : block_(value.empty() ? nullptr : new Block(std::move(value))) {}
  template <class Text>
  requires(!std::same_as<std::remove_cvref_t<Text>, T> &&
           !std::same_as<std::remove_cvref_t<Text>, Shared> &&
           std::convertible_to<Text, std::string_view> && std::same_as<T, std::string>)
      Shared(const Text& text)
      : Shared(T(std::string_view(text))) {}
  Shared(std::initializer_list<value_type> items) requires(!std::same_as<T, std::string>)
      : Shared(T(items)) {}

  const T& get() const {
    static const T kEmpty;
    return block_ ? block_->value : kEmpty;
  }
  operator const T&() const { return get(); }
  operator std::string_view() const requires std::same_as<T, std::string> { return get(); }

  bool empty() const { return !block_; }
  std::size_t size() const { return get().size(); }
  auto begin() const { return get().begin(); }
  auto end() const { return get().end(); }
  const value_type& front() const { return get().front(); }
  void clear() { block_.reset(); }

  friend bool operator==(const Shared& left, const Shared& right) {
    return left.block_ == right.block_ || left.get() == right.get();
  }
  friend bool operator==(const Shared& left, const T& right) { return left.get() == right; }
  friend bool operator==(const Shared& left,
                         const char* right) requires std::same_as<T, std::string> {
    return left.get() == right;
  }

 private:
  struct Block : boost::intrusive_ref_counter<Block> {
    explicit Block(T of) : value(std::move(of)) {}
    const T value;
  };
  boost::intrusive_ptr<const Block> block_;
};

using SharedText = Shared<std::string>;

/// Finds the copy that is there already, so that equal values are kept once. Bounded: of more than
/// kMost values it begins anew, and what is held stays as it is. Not shared between threads.
template <class T>
class SharedPool {
 public:
  static constexpr std::size_t kMost = 4096;

  Shared<T> find_or_keep(const Shared<T>& value) {
    if (value.empty()) return value;
    if (const auto known = values_.find(value.get()); known != values_.end()) return *known;
    if (values_.size() >= kMost) values_.clear();
    return *values_.insert(value).first;
  }
  void pool(Shared<T>& value) { value = find_or_keep(value); }

 private:
  struct Less {
    using is_transparent = void;
    static const T& of(const Shared<T>& value) { return value.get(); }
    static const T& of(const T& value) { return value; }
    bool operator()(const auto& left, const auto& right) const { return of(left) < of(right); }
  };
  std::set<Shared<T>, Less> values_;
};

}  // namespace handshaked
