using System.Numerics;
using System.Text;
using Npgsql;
using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// A query that reads, with optional conditions. Each combination that occurs has a text of its own: <c>$1 IS NULL OR …</c> would turn into a sequential
/// scan as soon as Postgres plans generically.
/// </summary>
/// <param name="name">Name of the query, the same for every combination.</param>
/// <param name="queryClass">What it may cost.</param>
/// <param name="template">The text, with <c>{where}</c> for the conditions in use and <c>?</c> for each parameter, limit last.</param>
/// <param name="conditions">The conditions, with <c>?</c> for each parameter.</param>
internal sealed class FilteredQuery(string name, QueryClass queryClass, string template, params string[] conditions)
{
    private readonly Query?[] _variants = new Query?[1 << conditions.Length];

    /// <summary>The query's name.</summary>
    public string Name => name;

    /// <summary>The text of every combination of conditions.</summary>
    public IEnumerable<Query> Variants => Enumerable.Range(0, _variants.Length).Select(chosen => For((uint)chosen));

    /// <summary>Starts choosing conditions.</summary>
    public Filter Filter() => new(this);

    /// <summary>The text for the conditions whose bits are set.</summary>
    public Query For(uint chosen) => _variants[chosen] ??= new Query(name, queryClass, QueryAccess.Read, Compose(chosen));

    private string Compose(uint chosen)
    {
        var where = new StringBuilder(BitOperations.PopCount(chosen) > 0 ? "WHERE " : "");
        for (var (i, first) = (0, true); i < conditions.Length; i++)
        {
            if ((chosen & (1u << i)) != 0)
            {
                where.Append(first ? "" : " AND ").Append(conditions[i]);
                first = false;
            }
        }

        var sql = new StringBuilder();
        var parameter = 0;
        foreach (var c in template.Replace("{where}", where.ToString(), StringComparison.Ordinal))
        {
            _ = c == '?' ? sql.Append('$').Append(++parameter) : sql.Append(c);
        }

        return sql.ToString();
    }
}

/// <summary>The conditions and parameters of one execution. Add them in the order in which the query declares them.</summary>
internal sealed class Filter(FilteredQuery query)
{
    private readonly List<NpgsqlParameter> _parameters = [];
    private uint _chosen;

    public Query Query => query.For(_chosen);

    public List<NpgsqlParameter> Parameters => _parameters;

    /// <summary>Uses the condition numbered <paramref name="index"/> when <paramref name="value"/> is there.</summary>
    public Filter When(int index, string? value) => value is null ? this : With(index, Sql.Text(value));

    /// <inheritdoc cref="When(int, string?)"/>
    public Filter When(int index, int? value) => value is null ? this : With(index, Sql.Int(value.Value));

    /// <inheritdoc cref="When(int, string?)"/>
    public Filter When(int index, Guid? value) => value is null ? this : With(index, Sql.Uuid(value.Value));

    /// <inheritdoc cref="When(int, string?)"/>
    public Filter When(int index, DateTimeOffset? value) => value is null ? this : With(index, Sql.Time(value.Value));

    /// <summary>Uses the condition numbered <paramref name="index"/>, on a time and an id, when there is a page before.</summary>
    public Filter When(int index, TimeCursor? value) => value is null ? this : With(index, Sql.Time(value.Value.Time), Sql.Uuid(value.Value.Id));

    /// <summary>Uses the condition numbered <paramref name="index"/>.</summary>
    public Filter With(int index, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        if (_chosen >> index != 0)
        {
            throw new InvalidOperationException($"Condition {index} of {query.Name} comes too late: parameters are numbered in the order of the conditions.");
        }

        _chosen |= 1u << index;
        _parameters.AddRange(parameters);
        return this;
    }

    /// <summary>Adds the parameters that the template has behind its conditions.</summary>
    public Filter Then(params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        _parameters.AddRange(parameters);
        return this;
    }
}
