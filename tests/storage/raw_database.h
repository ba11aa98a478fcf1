/// Opens a data folder behind the store's back, to read or damage single rows.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

namespace conclave::test {

class raw_database {
 public:
  explicit raw_database(const std::string& path) {
    rocksdb::DBOptions options;
    std::vector<std::string> names;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies(options, path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(options, path, families, &handles_, &db);
    EXPECT_TRUE(opened.ok()) << opened.ToString();
    db_.reset(db);
  }
  ~raw_database() {
    for (auto* handle : handles_) EXPECT_TRUE(db_->DestroyColumnFamilyHandle(handle).ok());
    EXPECT_TRUE(db_->Close().ok());
  }
  raw_database(const raw_database&) = delete;
  raw_database& operator=(const raw_database&) = delete;

  rocksdb::ColumnFamilyHandle* family(const std::string& name) {
    for (auto* handle : handles_) {
      if (handle->GetName() == name) return handle;
    }
    ADD_FAILURE() << "no family " << name;
    return nullptr;
  }

  std::string get(const std::string& family_name, const std::string& key) {
    std::string value;
    const rocksdb::Status read = db_->Get({}, family(family_name), key, &value);
    EXPECT_TRUE(read.ok()) << read.ToString();
    return value;
  }
  void put(const std::string& family_name, const std::string& key, const std::string& value) {
    EXPECT_TRUE(db_->Put({}, family(family_name), key, value).ok());
  }
  void erase(const std::string& family_name, const std::string& key) {
    EXPECT_TRUE(db_->Delete({}, family(family_name), key).ok());
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

}  // namespace conclave::test
