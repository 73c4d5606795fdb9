#pragma once

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace handshaked {

/// Owns items that are found by a key that they carry themselves: ten to twenty bytes an item
/// beside it, not the eighty of a map of nodes. `KeyOf` returns the key of an item, which has
/// hash() and may not change while the item is here. Items keep their address.
template <class Item, class KeyOf>
class OwnedTable {
 public:
  using Key = std::remove_cvref_t<std::invoke_result_t<KeyOf, const Item&>>;

  OwnedTable() = default;
  OwnedTable(OwnedTable&& other) noexcept { items_.swap(other.items_); }
  OwnedTable& operator=(OwnedTable&& other) noexcept {
    items_.swap(other.items_);
    return *this;
  }
  ~OwnedTable() {
    for (Item* const item : items_) delete item;
  }

  /// nullptr when there is none.
  Item* find(const Key& key) const {
    const auto at = items_.find(key);
    return at == items_.end() ? nullptr : *at;
  }
  bool contains(const Key& key) const { return items_.contains(key); }
  /// One whose key is not here yet.
  Item& insert(std::unique_ptr<Item> item) {
    items_.insert(item.get());
    return *item.release();
  }
  /// nullptr when there is none.
  std::unique_ptr<Item> take(const Key& key) {
    const auto at = items_.find(key);
    if (at == items_.end()) return nullptr;
    std::unique_ptr<Item> item(*at);
    items_.erase(at);
    return item;
  }

  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }  ///< of pointers to items, in no order
  auto end() const { return items_.end(); }

 private:
  struct ByKey {
    using is_transparent = void;
    static const Key& of(const Item* item) { return KeyOf()(*item); }
    static const Key& of(const Key& key) { return key; }
    std::size_t operator()(const auto& one) const { return of(one).hash(); }
    bool operator()(const auto& left, const auto& right) const { return of(left) == of(right); }
  };
  boost::unordered_flat_set<Item*, ByKey, ByKey> items_;
};

}  // namespace handshaked
