// Words and rows for Python: str in and out, the store asked where its arrays lie.
#include <algorithm>
#include <string_view>

#include "base/prefetch.h"
#include "bindings/bindings.h"
#include "words/build.h"
#include "words/store.h"

namespace py = pybind11;

namespace iiq::bindings {

namespace {

constexpr std::size_t kAhead = 24;     // str objects asked for before they are read
constexpr std::size_t kStrBytes = 48;  // of a str of ASCII, before its letters
constexpr py::ssize_t kSoon = 8;       // words asked for before they are read, twice
constexpr std::size_t kChunk = 1024;

// The letters of str objects, read where they lie: nothing of Python's runs meanwhile.
class Utf8 {
  public:
    static bool is_ascii(PyObject* word) {
        return PyUnicode_Check(word) && PyUnicode_IS_READY(word) &&
               PyUnicode_IS_COMPACT_ASCII(word);
    }
    static std::string_view of_ascii(PyObject* word) {
        return {static_cast<const char*>(PyUnicode_DATA(word)),
                static_cast<std::size_t>(PyUnicode_GET_LENGTH(word))};
    }
    // False if it is no str, or has no UTF-8 (a surrogate alone).
    static bool append(PyObject* word, std::string& out) {
        if (is_ascii(word)) {
            out += of_ascii(word);
            return true;
        }
        if (!PyUnicode_Check(word) || !PyUnicode_IS_READY(word)) return false;
        const Py_ssize_t n = PyUnicode_GET_LENGTH(word);
        const auto kind = PyUnicode_KIND(word);
        const void* data = PyUnicode_DATA(word);
        for (Py_ssize_t i = 0; i < n; ++i) {
            if (!append(PyUnicode_READ(kind, data, i), out)) return false;
        }
        return true;
    }

  private:
    static bool append(Py_UCS4 c, std::string& out) {
        constexpr Py_UCS4 kFirst[] = {0, 0xc0, 0xe0, 0xf0};
        if (c >= 0xd800 && c < 0xe000) return false;
        unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;  // bytes of six bits
        out += static_cast<char>(kFirst[more] | c >> (6 * more));
        while (more-- > 0) out += static_cast<char>(0x80 | ((c >> (6 * more)) & 0x3f));
        return true;
    }
};

// The items of a list or tuple, which stay while they are read: Python's lock is held meanwhile, or
// where there is none they are owned.
class Items {
  public:
    explicit Items(const py::object& words) : words_(words.ptr()) {
        if (!PyList_Check(words_) && !PyTuple_Check(words_)) {
            throw py::type_error("words must be a list or a tuple");
        }
    }
    ~Items() { let_go(); }
    Items(const Items& other) = delete;
    Items& operator=(const Items& other) = delete;

    std::size_t size() const {
        return static_cast<std::size_t>(PyList_Check(words_) ? PyList_GET_SIZE(words_)
                                                             : PyTuple_GET_SIZE(words_));
    }
    PyObject* at(std::size_t i) {
#ifdef Py_GIL_DISABLED
        PyObject* found = PyList_Check(words_)
                              ? PyList_GetItemRef(words_, static_cast<Py_ssize_t>(i))
                              : Py_NewRef(PyTuple_GET_ITEM(words_, static_cast<Py_ssize_t>(i)));
        if (found == nullptr) throw py::error_already_set();
        owned_.push_back(found);
        return found;
#else
        if (i + kAhead < size()) {
            const PyObject* soon = item(i + kAhead);
            read_soon(soon);
            read_soon(reinterpret_cast<const char*>(soon) + kStrBytes);
        }
        return item(i);
#endif
    }
    // What was read is read no more.
    void let_go() {
        for (PyObject* word : owned_) Py_DECREF(word);
        owned_.clear();
    }

  private:
    PyObject* item(std::size_t i) const {
        return PySequence_Fast_GET_ITEM(words_, static_cast<Py_ssize_t>(i));
    }
    PyObject* words_;
    std::vector<PyObject*> owned_;
};

// The letters of str objects side by side, without a copy where they are ASCII.
class Views {
  public:
    const std::vector<std::string_view>& of(Items& items, std::size_t first, std::size_t last) {
        views_.resize(last - first);
        letters_.clear();
        copied_.clear();
        for (std::size_t i = first; i < last; ++i) {
            PyObject* word = items.at(i);
            if (Utf8::is_ascii(word)) {
                views_[i - first] = Utf8::of_ascii(word);
            } else {
                const std::size_t begin = letters_.size();
                const bool is_word = Utf8::append(word, letters_);
                copied_.push_back({i - first, begin, letters_.size() - begin, is_word});
            }
        }
        for (const Copied& copy : copied_) {
            views_[copy.i] = std::string_view(letters_).substr(copy.begin, copy.size);
        }
        return views_;
    }
    // Write -1 where there was no word.
    void refuse(std::int64_t* rows) const {
        for (const Copied& copy : copied_) {
            if (!copy.is_word) rows[copy.i] = -1;
        }
    }

  private:
    struct Copied {
        std::size_t i, begin, size;
        bool is_word;
    };
    std::vector<std::string_view> views_;
    std::string letters_;
    std::vector<Copied> copied_;
};

class WordStore {
  public:
    WordStore(Array<std::uint64_t> numbers, Array<std::uint8_t> pieces, Array<std::uint8_t> text,
              Array<std::uint64_t> starts, Array<std::uint8_t> rows, Array<std::uint32_t> checks)
        : arrays_(py::make_tuple(numbers, pieces, text, starts, rows, checks)),
          store_(parts(numbers, pieces, text, starts, rows, checks)) {}

    std::int64_t find(const py::object& word) const {
        PyObject* object = word.ptr();
        if (Utf8::is_ascii(object)) {
            return store_.find(Utf8::of_ascii(object));
        }
        std::string letters;
        return Utf8::append(object, letters) ? store_.find(letters) : -1;
    }

    py::tuple find_many(const py::object& words) const {
        Items items(words);
        const std::size_t n = items.size();
        py::array_t<std::int64_t> rows(static_cast<py::ssize_t>(n));
        std::int64_t* out = rows.mutable_data();
        std::fill(out, out + n, -1);
        Views views;
        for (std::size_t first = 0; first < std::min(n, items.size()); first += kChunk) {
            const std::size_t last = std::min({first + kChunk, n, items.size()});
            const auto& letters = views.of(items, first, last);
            store_.find_many(letters.data(), letters.size(), out + first);
            views.refuse(out + first);
            items.let_go();
            if (last == n) break;
            const py::gil_scoped_release others_may_run;
        }
        return py::make_tuple(rows, std::count(out, out + n, -1));
    }

    py::list words_at(const Array<std::int64_t>& rows) const {
        const py::ssize_t n = rows.size();
        const std::int64_t* asked = rows.data();
        std::for_each(asked, asked + n, [this](std::int64_t row) { require_row(row); });
        py::list words(n);
        std::string letters;
        words::Store::Place place;
        for (py::ssize_t i = 0; i < n; ++i) {
            const auto row = static_cast<std::uint64_t>(asked[i]);
            const bool follows =
                i > 0 && asked[i] == asked[i - 1] + 1 && row % words::kBlockWords != 0;
            if (!follows) {
                if (i + 2 * kSoon < n) store_.start_soon(asked[i + 2 * kSoon]);
                if (i + kSoon < n) store_.word_soon(asked[i + kSoon]);
                place = store_.place_of(row);
            }
            PyList_SET_ITEM(words.ptr(), i, read(row, place, letters));
        }
        return words;
    }

    py::object word_at(std::int64_t row) const {
        require_row(row);
        const auto stored = static_cast<std::uint64_t>(row);
        std::string letters;
        words::Store::Place place = store_.place_of(stored);
        return py::reinterpret_steal<py::object>(read(stored, place, letters));
    }

  private:
    void require_row(std::int64_t row) const {
        if (row < 0 || static_cast<std::uint64_t>(row) >= store_.size()) {
            throw py::index_error("row " + std::to_string(row) + " of " +
                                  std::to_string(store_.size()) + " words");
        }
    }

    // A new str of the word at a place, which moves on to the next one.
    PyObject* read(std::uint64_t row, words::Store::Place& place, std::string& letters) const {
        letters.clear();
        place.begin = store_.read_word(place, letters);
        PyObject* word =
            PyUnicode_DecodeUTF8(letters.data(), static_cast<Py_ssize_t>(letters.size()), nullptr);
        if (word == nullptr) {
            PyErr_Clear();
            throw std::invalid_argument("damaged word table: word " + std::to_string(row) +
                                        " is no UTF-8");
        }
        return word;
    }

    static words::Parts parts(const Array<std::uint64_t>& numbers,
                              const Array<std::uint8_t>& pieces, const Array<std::uint8_t>& text,
                              const Array<std::uint64_t>& starts, const Array<std::uint8_t>& rows,
                              const Array<std::uint32_t>& checks) {
        require(numbers.size() == words::kNumbers, "damaged word table: 6 numbers are needed");
        require(pieces.size() == words::kCodes * words::kPieceBytes,
                "damaged word table: 256 pieces of 9 bytes are needed");
        require(checks.size() > 0, "damaged word table: no checksums");
        const auto size = [](const auto& array) {
            return static_cast<std::uint64_t>(array.size());
        };
        return {numbers.data(), pieces.data(), text.data(), size(text),    starts.data(),
                size(starts),   rows.data(),   size(rows),  checks.data(), size(checks)};
    }

    py::tuple arrays_;  // kept alive
    words::Store store_;
};

// An array that owns the numbers of a vector.
template <class T>
py::array_t<T> own(std::vector<T>&& numbers) {
    auto* kept = new std::vector<T>(std::move(numbers));
    const py::capsule owner(kept, [](void* p) { delete static_cast<std::vector<T>*>(p); });
    return {{static_cast<py::ssize_t>(kept->size())},
            {static_cast<py::ssize_t>(sizeof(T))},
            kept->data(),
            owner};
}

class WordStoreBuilder {
  public:
    std::int64_t add(const py::object& words) {
        Items items(words);
        std::string letters;
        std::int64_t place = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            letters.clear();
            if (!Utf8::append(items.at(i), letters)) return place;
            builder_.add(letters);
            ++place;
        }
        return -1;
    }

    py::tuple build() const {
        words::Built built;
        words::Duplicate duplicate;
        bool is_built = false;
        {
            const py::gil_scoped_release release;
            is_built = builder_.build(built, duplicate);
        }
        if (!is_built) {
            const std::string_view word = builder_.word(duplicate.first);
            return py::make_tuple(duplicate.first, duplicate.second,
                                  py::str(word.data(), word.size()));
        }
        py::array_t<std::uint8_t> pieces = own(std::move(built.pieces));
        return py::make_tuple(
            own(std::move(built.numbers)),
            pieces.reshape({static_cast<py::ssize_t>(words::kCodes), py::ssize_t{-1}}),
            own(std::move(built.text)), own(std::move(built.starts)), own(std::move(built.rows)),
            own(std::move(built.checks)));
    }

  private:
    words::Builder builder_;
};

}  // namespace

void add_words(py::module_& m) {
    py::class_<WordStore>(m, "WordStore", "Words and their rows, in the arrays of a file.")
        .def(py::init<Array<std::uint64_t>, Array<std::uint8_t>, Array<std::uint8_t>,
                      Array<std::uint64_t>, Array<std::uint8_t>, Array<std::uint32_t>>(),
             py::arg("numbers"), py::arg("pieces"), py::arg("text"), py::arg("starts"),
             py::arg("rows"), py::arg("checks"))
        .def("find", &WordStore::find, py::arg("word"),
             "The row of a word; -1 if it is not there, or no word at all.")
        .def("find_many", &WordStore::find_many, py::arg("words"),
             "The rows of words, or -1, and how many are -1.")
        .def("words_at", &WordStore::words_at, py::arg("rows"), "The words of rows.")
        .def("word_at", &WordStore::word_at, py::arg("row"), "The word of a row.");
    py::class_<WordStoreBuilder>(m, "WordStoreBuilder", "Makes the arrays of a WordStore.")
        .def(py::init<>())
        .def("add", &WordStoreBuilder::add, py::arg("words"),
             "Append words; the place of the first that is no str or has no UTF-8, or -1.")
        .def("build", &WordStoreBuilder::build,
             "The six arrays; or the two rows of a word that stands twice, and the word.");
}

}  // namespace iiq::bindings
