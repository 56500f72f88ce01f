using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Problems;

/// <summary>A row of a body with many rows.</summary>
/// <param name="Line">Its line, counted from 1; null where the body is not NDJSON.</param>
/// <param name="Element">Its index in the body's array, counted from 0; null where the body is not an array.</param>
public readonly record struct InputPosition(int? Line, int? Element);

/// <summary>Gathers what is wrong with a request, field by field, so that a caller learns all of it at once.</summary>
public sealed class InputErrors
{
    // Enough to see the pattern in a broken batch, little enough to answer with.
    private const int Most = 50;

    private readonly Dictionary<string, List<string>> _errors = [];
    private int _count;
    private int? _line;
    private int? _element;

    /// <summary>Whether anything was found.</summary>
    public bool Any => _count > 0;

    /// <summary>Whether further findings would be left out of the answer.</summary>
    public bool Full => _count >= Most;

    /// <summary>Where in the body the next errors are: set it to a value that was read before to add errors to that row.</summary>
    public InputPosition Position
    {
        get => new(_line, _element);
        set => (_line, _element) = (value.Line, value.Element);
    }

    /// <summary>What is found from now on is in this line of the body, counted from 1.</summary>
    public void AtLine(int number) => _line = number;

    /// <summary>What is found from now on is in this element of the body's array, counted from 0.</summary>
    public void AtElement(int index) => _element = index;

    /// <summary>Notes that <paramref name="field"/> is wrong, and what to do about it.</summary>
    public void Add(string field, string message)
    {
        _count++;
        if (_count > Most)
        {
            return;
        }

        field = _line is not null ? $"line {_line}: {field}" : _element is not null ? $"[{_element}].{field}" : field;

        if (!_errors.TryGetValue(field, out var messages))
        {
            _errors[field] = messages = [];
        }

        messages.Add(message);
    }

    /// <summary>Refuses the request if anything was found.</summary>
    /// <exception cref="InputException">Something was found.</exception>
    /// <param name="statusCode">The status of the response.</param>
    public void ThrowIfAny(int statusCode = StatusCodes.Status400BadRequest)
    {
        if (Any)
        {
            throw new InputException(_errors.ToDictionary(error => error.Key, error => error.Value.ToArray()), statusCode);
        }
    }
}
