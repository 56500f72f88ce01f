using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using StoryPortal.DataLayer.Services;

namespace StoryPortal.ServiceHub.Services.Search;

/// <summary>
/// Every distinct word of the services, each with where it stands. A query compares its words with all of these: a few bits tell for nearly all of
/// them that they cannot be meant, and only for those left an edit distance is counted. It allocates its answer and nothing else.
/// </summary>
internal sealed class SearchIndex
{
    // What a word is worth where it stands; a name as a whole is worth more than any of its words.
    private const float Name = 1;
    private const float NameWord = 0.95f;
    private const float Tag = 0.8f;
    private const float Description = 0.5f;

    // Fewer characters are in every other word.
    private const int ShortestInside = 3;
    private const int ShortestMisspelt = 3;
    private const int ShortestMisspeltTwice = 6;

    private const int MostWords = 8;

    private readonly IReadOnlyList<Service> _services;
    private readonly string[] _words;
    private readonly ulong[] _characters;
    private readonly Place[][] _places;

    public SearchIndex(IReadOnlyList<Service> services)
    {
        _services = services;
        var words = new Dictionary<string, List<Place>>(StringComparer.Ordinal);
        for (var i = 0; i < services.Count; i++)
        {
            Add(words, services[i], i);
        }

        _words = [.. words.Keys];
        _characters = [.. _words.Select(word => SearchText.Characters(word))];
        _places = [.. words.Values.Select(places => places.ToArray())];
    }

    /// <summary>The services that fit best, up to <paramref name="most"/>, each with its score.</summary>
    public List<Service> Find(string query, int most)
    {
        if (_services.Count == 0)
        {
            return [];
        }

        var (sums, best) = (ArrayPool<float>.Shared.Rent(_services.Count), ArrayPool<float>.Shared.Rent(_services.Count));
        try
        {
            var scores = sums.AsSpan(0, _services.Count);
            var ofWord = best.AsSpan(0, _services.Count);
            scores.Clear();

            Span<char> text = stackalloc char[2 * SearchText.Longest]; // a code point has up to two chars
            text = text[..query.AsSpan().ToLowerInvariant(text)].Trim();
            var words = 0;
            for (ReadOnlySpan<char> rest = text; words < MostWords && SearchText.TryNext(ref rest, out var word); words++)
            {
                ofWord.Clear();
                Score(word, ofWord, whole: false);
                for (var i = 0; i < scores.Length; i++)
                {
                    scores[i] += ofWord[i];
                }
            }

            // A name as a whole, "payment-gateway", beside its words.
            ofWord.Clear();
            Score(SearchText.Truncate(text), ofWord, whole: true);
            for (var i = 0; i < scores.Length; i++)
            {
                scores[i] = Math.Max(scores[i] / words, ofWord[i]);
            }

            return Best(scores, most, least: Least(words));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(sums);
            ArrayPool<float>.Shared.Return(best);
        }
    }

    // Of several words one may be missing, whatever the others are worth.
    private static float Least(int words) => 0.15f * Math.Max(1, words - 1) / words;

    private static void Add(Dictionary<string, List<Place>> words, Service service, int number)
    {
        AddWord(words, SearchText.Truncate(service.Name), number, Name, isWhole: true);
        AddWords(words, service.Name, number, NameWord);
        foreach (var tag in service.Tags)
        {
            AddWords(words, tag, number, Tag);
        }

        foreach (var instance in service.Instances)
        {
            AddKeywords(words, instance, number);
        }

        AddWords(words, service.Description, number, Description);
    }

    private static void AddKeywords(Dictionary<string, List<Place>> words, ServiceInstance instance, int number)
    {
        if (instance.Metadata.Utf8.Length <= 2)
        {
            return; // {}
        }

        using var metadata = JsonDocument.Parse(instance.Metadata.Utf8);
        if (!metadata.RootElement.TryGetProperty("keywords", out var keywords))
        {
            return;
        }

        if (keywords.ValueKind == JsonValueKind.String)
        {
            AddWords(words, keywords.GetString(), number, Tag);
        }
        else if (keywords.ValueKind == JsonValueKind.Array)
        {
            foreach (var keyword in keywords.EnumerateArray().Where(keyword => keyword.ValueKind == JsonValueKind.String))
            {
                AddWords(words, keyword.GetString(), number, Tag);
            }
        }
    }

    private static void AddWords(Dictionary<string, List<Place>> words, ReadOnlySpan<char> text, int number, float worth)
    {
        while (SearchText.TryNext(ref text, out var word))
        {
            AddWord(words, word, number, worth, isWhole: false);
        }
    }

    private static void AddWord(Dictionary<string, List<Place>> words, ReadOnlySpan<char> word, int number, float worth, bool isWhole)
    {
        Span<char> lower = stackalloc char[SearchText.LongestWord];
        var key = lower[..word.ToLowerInvariant(lower)];
        ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(words.GetAlternateLookup<ReadOnlySpan<char>>(), key, out _);
        (places ??= []).Add(new Place(number, worth, isWhole));
    }

    private void Score(ReadOnlySpan<char> word, Span<float> scores, bool whole)
    {
        var characters = SearchText.Characters(word);
        var misspelt = word.Length >= ShortestMisspeltTwice ? 2 : word.Length >= ShortestMisspelt ? 1 : 0;
        for (var i = 0; i < _words.Length; i++)
        {
            // Whatever it may be, nearly every character of what is looked for is in it.
            if (System.Numerics.BitOperations.PopCount(characters & ~_characters[i]) > misspelt)
            {
                continue;
            }

            var fit = Fit(word, characters, _words[i], _characters[i], misspelt);
            if (fit == 0)
            {
                continue;
            }

            foreach (var place in _places[i])
            {
                if (place.IsWhole == whole)
                {
                    scores[place.Service] = Math.Max(scores[place.Service], fit * place.Worth);
                }
            }
        }
    }

    // The same: 1. Its beginning: above 0.8. Inside: above 0.6. Misspelt: 0.5, twice: 0.35.
    private static float Fit(ReadOnlySpan<char> word, ulong characters, ReadOnlySpan<char> other, ulong others, int misspelt)
    {
        if (word.Length <= other.Length)
        {
            var at = word.Length < ShortestInside ? (other.StartsWith(word) ? 0 : -1) : other.IndexOf(word);
            if (at >= 0)
            {
                var share = (float)word.Length / other.Length;
                return at > 0 ? 0.6f + (0.1f * share) : word.Length == other.Length ? 1 : 0.8f + (0.15f * share);
            }
        }

        if (misspelt == 0 || !SearchText.MayBeClose(characters, others, misspelt))
        {
            return 0;
        }

        return SearchText.Distance(word, other, misspelt) switch
        {
            1 => 0.5f,
            2 when misspelt == 2 => 0.35f,
            _ => 0,
        };
    }

    private List<Service> Best(ReadOnlySpan<float> scores, int most, float least)
    {
        // The worst of the best is on top, and makes way.
        var queue = new PriorityQueue<int, (float Score, int Order)>(most + 1);
        for (var i = 0; i < scores.Length; i++)
        {
            var rank = (scores[i], -i);
            if (scores[i] < least)
            {
                continue;
            }

            if (queue.Count < most)
            {
                queue.Enqueue(i, rank);
            }
            else
            {
                queue.EnqueueDequeue(i, rank);
            }
        }

        var found = new List<Service>(queue.Count);
        while (queue.TryDequeue(out var number, out var rank))
        {
            found.Add(_services[number] with { Score = Math.Round(rank.Score, 4) });
        }

        found.Reverse();
        return found;
    }

    /// <summary>Where a word stands.</summary>
    /// <param name="Service">The service's position.</param>
    /// <param name="Worth">What it is worth there.</param>
    /// <param name="IsWhole">Whether it is the service's name as a whole.</param>
    private readonly record struct Place(int Service, float Worth, bool IsWhole);
}
