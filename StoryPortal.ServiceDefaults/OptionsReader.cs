using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace StoryPortal.ServiceDefaults;

/// <summary>Options that are needed while the process is still being put together, before there is an <c>IOptions</c> to ask.</summary>
public static class OptionsReader
{
    /// <summary>Reads and validates a section; what is not set keeps its default.</summary>
    /// <exception cref="ValidationException">A value is out of range; the message names it.</exception>
    public static T ReadOptions<T>(this IConfiguration configuration, string section) where T : class, new()
    {
        var options = configuration.GetSection(section).Get<T>() ?? new T();
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        return options;
    }
}
