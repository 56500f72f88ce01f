using System.Text.Json;
using StoryPortal.DataLayer.Services;

namespace StoryPortal.ServiceHub.Services.Search;

/// <summary>
/// Every distinct word of the services, with the services that contain the word. A query compares each of its words with all of these, so that
/// words that are cut off or misspelt are found.
/// </summary>
internal sealed class SearchIndex
{
    // The weight of a word by where it stands; a name as a whole weighs more than any of its words.
    private const float NameWeight = 1;
    private const float NameWordWeight = 0.95f;
    private const float TagWeight = 0.8f;
    private const float DescriptionWeight = 0.5f;

    // Shorter words are inside too many others.
    private const int MinLengthInside = 3;
    private const int MinLengthMisspelt = 3;
    private const int MinLengthMisspeltTwice = 6;

    private const int MaxWords = 8;

    private readonly IReadOnlyList<Service> _services;
    private readonly Dictionary<string, List<Place>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Place>> _words = new(StringComparer.Ordinal);

    public SearchIndex(IReadOnlyList<Service> services)
    {
        _services = services;
        for (var i = 0; i < services.Count; i++)
        {
            var service = services[i];
            Add(_names, SearchText.Truncate(service.Name.ToLowerInvariant()), new Place(i, NameWeight));
            AddWords(service.Name, new Place(i, NameWordWeight));
            foreach (var text in service.Tags.Concat(service.Instances.SelectMany(Keywords)))
            {
                AddWords(text, new Place(i, TagWeight));
            }

            AddWords(service.Description, new Place(i, DescriptionWeight));
        }
    }

    /// <summary>The services that fit best, up to <paramref name="max"/>, each with its score.</summary>
    public List<Service> Find(string query, int max)
    {
        var words = SearchText.Words(query).Take(MaxWords).ToList();
        var ofWords = words.Select(word => Scores(word, _words)).ToList();
        var ofName = Scores(SearchText.Truncate(query.Trim().ToLowerInvariant()), _names);

        // Of several words one may be missing, whatever the others score.
        var min = 0.15f * Math.Max(1, words.Count - 1) / words.Count;
        return
        [
            .. _services
                .Select((service, i) => (Service: service, Score: Math.Max(ofWords.Sum(scores => scores[i]) / words.Count, ofName[i])))
                .Where(found => found.Score >= min)
                .OrderByDescending(found => found.Score)
                .Take(max)
                .Select(found => found.Service with { Score = Math.Round(found.Score, 4) }),
        ];
    }

    private static IEnumerable<string> Keywords(ServiceInstance instance)
    {
        using var metadata = JsonDocument.Parse(instance.Metadata.Utf8);
        if (!metadata.RootElement.TryGetProperty("keywords", out var keywords))
        {
            return [];
        }

        JsonElement[] values = keywords.ValueKind == JsonValueKind.Array ? [.. keywords.EnumerateArray()] : [keywords];
        return [.. values.Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)];
    }

    private void AddWords(string? text, Place place)
    {
        foreach (var word in SearchText.Words(text))
        {
            Add(_words, word, place);
        }
    }

    private static void Add(Dictionary<string, List<Place>> index, string word, Place place)
    {
        if (!index.TryGetValue(word, out var places))
        {
            index[word] = places = [];
        }

        places.Add(place);
    }

    // The score of each service for one word of the query: the best of its places.
    private float[] Scores(string word, Dictionary<string, List<Place>> index)
    {
        var scores = new float[_services.Count];
        foreach (var (other, places) in index)
        {
            var fit = Fit(word, other);
            if (fit == 0)
            {
                continue;
            }

            foreach (var place in places)
            {
                scores[place.Service] = Math.Max(scores[place.Service], fit * place.Weight);
            }
        }

        return scores;
    }

    // The same word: 1. Its beginning: above 0.8. Inside: above 0.6. Misspelt: 0.5, twice: 0.35.
    private static float Fit(string word, string other)
    {
        var share = (float)word.Length / other.Length;
        if (other.StartsWith(word, StringComparison.Ordinal))
        {
            return word.Length == other.Length ? 1 : 0.8f + (0.15f * share);
        }

        if (word.Length >= MinLengthInside && other.Contains(word, StringComparison.Ordinal))
        {
            return 0.6f + (0.1f * share);
        }

        var maxDistance = word.Length >= MinLengthMisspeltTwice ? 2 : word.Length >= MinLengthMisspelt ? 1 : 0;
        var distance = SearchText.Distance(word, other, maxDistance);
        return distance > maxDistance ? 0 : distance == 1 ? 0.5f : 0.35f;
    }

    /// <summary>Where a word stands.</summary>
    /// <param name="Service">The service's position.</param>
    /// <param name="Weight">The weight of the word there.</param>
    private readonly record struct Place(int Service, float Weight);
}
